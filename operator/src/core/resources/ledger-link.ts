import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import { NAME_CHARS_MAX } from './limits.ts';
import type { CustomObject } from './object.ts';
import { base64urlString, nameString, oneOf, rules, statusHead, text } from './schema.ts';

export const LINK_THAW = 'thaw names one of the two ends of the link';

export const LINK_NAMESPACES =
  'a link joins two networks of its own namespace, whose grants and relay it is under: name them without a namespace, and put networks that are to talk into one';

// A namespace before the name is taken by the pattern, so that the rule can say in words why it is none.
const NETWORK = '^([a-z0-9]([-a-z0-9]*[a-z0-9])?/)?[a-z0-9]([-a-z0-9]*[a-z0-9])?$';
const NETWORK_CHARS_MAX = 2 * NAME_CHARS_MAX + 1;

export const LedgerLinkSpec = Type.Object(
  {
    from: text('LedgerNetwork in the same namespace.', NETWORK_CHARS_MAX, { minLength: 1, pattern: NETWORK }),
    to: text('The other one.', NETWORK_CHARS_MAX, { minLength: 1, pattern: NETWORK }),
    terms: Type.Optional(
      Type.Object({
        packetsPerMinute: Type.Optional(
          Type.Integer({ description: 'Packets each side takes in a minute; default from CityConfig.', minimum: 1, maximum: 1_000_000 }),
        ),
      }),
    ),
    paused: Type.Optional(Type.Boolean({ description: 'The relay leaves this link alone; packets wait.' })),
    frozen: Type.Optional(
      Type.Boolean({ description: 'Nothing new is sent and nothing is carried until a person takes this back; packets in flight wait.' }),
    ),
    drain: Type.Optional(
      Type.Boolean({
        description: 'Nothing new is sent; what is in flight is answered or times out. Taking it back opens the link again.',
      }),
    ),
    thaw: Type.Optional(
      Type.Object(
        {
          network: nameString('The end whose light client is frozen: its members decide.'),
          height: Type.Integer({ description: 'Height of the other network that they are to trust.', minimum: 1 }),
          blockHash: base64urlString(
            'Hash of the header of that height, base64url, as the governors compared it outside of this system.',
            32,
          ),
        },
        {
          description:
            'A header that a client which misbehaviour froze is to go on from. It is proposed to the members; nobody thaws alone.',
        },
      ),
    ),
    onDelete: Type.Optional(
      oneOf(
        'What becomes of the light clients when the link is deleted: Keep (default) closes them for new packets, and the link can be made again; Tombstone ends them for good.',
        ['Keep', 'Tombstone'],
      ),
    ),
  },
  {
    ...rules(
      { rule: 'self.from == oldSelf.from && self.to == oldSelf.to', message: 'the ends of a link cannot change: make another link' },
      { rule: "!self.from.contains('/') && !self.to.contains('/')", message: LINK_NAMESPACES },
      { rule: 'self.from != self.to', message: 'a link joins two different networks' },
      { rule: '!has(self.thaw) || self.thaw.network in [self.from, self.to]', message: LINK_THAW },
    ),
  },
);

const Side = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        clientStatus: text('Active, Stale, Frozen, Superseded, Tombstoned or None.', 16),
        clientHeight: Type.Integer({ description: 'Height of the peer that its light client knows.', minimum: 0 }),
        lastSequence: Type.Integer({ description: 'Last packet sent.', minimum: 0 }),
        inFlight: Type.Integer({ description: 'Packets without a final acknowledgement.', minimum: 0 }),
        oldestPendingAgeMs: Type.Integer({ description: 'Age of the oldest of them, ms.', minimum: 0 }),
      },
      { description },
    ),
  );

export const LedgerLinkStatus = Type.Object({
  ...statusHead,
  lastSequence: Type.Optional(Type.Integer({ description: 'Packets sent in both directions.', minimum: 0 })),
  inFlight: Type.Optional(Type.Integer({ description: 'Packets without a final acknowledgement, both directions.', minimum: 0 })),
  oldestPendingAge: Type.Optional(text('Age of the oldest of them, for people.', 16)),
  oldestPendingAgeMs: Type.Optional(Type.Integer({ description: 'The same, ms.', minimum: 0 })),
  from: Side('The link as `from` sees it.'),
  to: Side('The link as `to` sees it.'),
});

export const ledgerLinkKind: Kind<typeof LedgerLinkSpec, typeof LedgerLinkStatus> = {
  kind: 'LedgerLink',
  plural: 'ledgerlinks',
  singular: 'ledgerlink',
  shortName: 'llink',
  scope: 'Namespaced',
  description: 'Two networks that prove facts to each other, in both directions.',
  spec: LedgerLinkSpec,
  status: LedgerLinkStatus,
  columns: [
    { name: 'From', type: 'string', jsonPath: '.spec.from' },
    { name: 'To', type: 'string', jsonPath: '.spec.to' },
    PHASE_COLUMN,
    { name: 'Sent', type: 'integer', jsonPath: '.status.lastSequence' },
    { name: 'In-Flight', type: 'integer', jsonPath: '.status.inFlight' },
    { name: 'Oldest', type: 'string', jsonPath: '.status.oldestPendingAge' },
    AGE_COLUMN,
    { name: 'From-Client', type: 'integer', jsonPath: '.status.from.clientHeight', priority: 1 },
    { name: 'To-Client', type: 'integer', jsonPath: '.status.to.clientHeight', priority: 1 },
  ],
};

export type LedgerLinkSpec = Static<typeof LedgerLinkSpec>;
export type LedgerLinkStatus = Static<typeof LedgerLinkStatus>;
export type LinkSide = NonNullable<LedgerLinkStatus['from']>;
export type LedgerLink = CustomObject<LedgerLinkSpec, LedgerLinkStatus>;
