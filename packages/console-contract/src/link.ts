import { type Static, Type } from '@sinclair/typebox';
import { objectHead } from './condition.ts';
import { closed, oneOf, text, whole } from './shape.ts';

/** A link as one of its ends sees it. */
export const LinkSide = closed({
  clientStatus: text('Active, Stale, Frozen, Superseded, Tombstoned or None.', 16),
  clientHeight: whole('Height of the peer that its light client knows.'),
  lastSequence: whole('Last packet sent.'),
  inFlight: whole('Packets without a final acknowledgement.'),
  oldestPendingAgeMs: whole('Age of the oldest of them, ms.'),
});

/** A link between two networks. */
export const Link = closed({
  ...objectHead,
  namespace: text('Namespace.', 63),
  from: text('LedgerNetwork.', 63),
  to: text('The other one.', 63),
  lastSequence: Type.Optional(whole('Packets sent in both directions.')),
  inFlight: Type.Optional(whole('Packets without a final acknowledgement, both directions.')),
  oldestPendingAgeMs: Type.Optional(whole('Age of the oldest of them, ms.')),
  paused: Type.Boolean({ description: 'The relay leaves it alone.' }),
  frozen: Type.Boolean({ description: 'Nothing is sent or carried until a person takes this back.' }),
  drain: Type.Boolean({ description: 'Nothing new is sent.' }),
  sides: closed({ from: Type.Optional(LinkSide), to: Type.Optional(LinkSide) }),
});

/** A packet that is on its way. */
export const Packet = closed({
  network: text('LedgerNetwork that sent it.', 63),
  peer: text('Chain id it goes to.', 64),
  sequence: Type.Integer({ minimum: 1 }),
  sentAtHeight: whole('Block that sent it.'),
  sentAtUnixMs: whole('When.'),
  timeoutUnixMs: whole('When it is given up.'),
  deferredUntilUnixMs: Type.Optional(whole('Until when the receiver put it off.')),
  sourcePort: text('Contract that sent it.', 128),
  destinationPort: text('Contract that takes it.', 128),
  state: oneOf(['in-flight', 'deferred', 'late'], 'Where it is.'),
});

/** A packet with what proves that its ledger sent it. */
export const PacketProof = closed({
  packet: Packet,
  commitment: text('Record of the packet, base64url of canonical JSON.', 131_072),
  proof: text('State proof, canonical JSON.', 262_144),
  headerHeight: whole('Header whose app hash the proof is against.'),
  lightBlock: text('That header with commit and validators, base64url of CometBFT’s encoding.', 262_144),
});

/** A packet that failed: refused where it went, or timed out and given back to its sender. */
export const FailedPacket = closed({
  network: text('LedgerNetwork that sent it.', 63),
  peer: text('LedgerNetwork it went to.', 63),
  sequence: Type.Integer({ minimum: 1 }),
  end: oneOf(
    ['refused', 'not-received', 'not-answered', 'unknown'],
    'The receiver refused it; never received it in its time; put it off and did not answer in time; or what this console has no word for.',
  ),
  code: text('The receiver’s refusal code; empty where it refused nothing.', 64),
  reason: text('Which rule of that code, where the receiver names one; empty otherwise.', 64),
  retriable: Type.Boolean({ description: 'The receiver says that the same may be sent again.' }),
  sourcePort: text('Contract that sent it.', 128),
  destinationPort: text('Contract that it went to.', 128),
  sentAtUnixMs: whole('When it was sent.'),
  timeoutUnixMs: whole('From when on it could not be received any more.'),
  endedAtHeight: whole('Block of the sender’s ledger that ended it.'),
  endedAtUnixMs: whole('When.'),
  operation: text('Operation that ended it, SHA-256 as hex: its receipt proves all this.', 64),
  senderFault: text('Code of the sender’s contract when it could not take the end in; empty when it did.', 64),
});

export const LinkDetail = closed({
  ...Link.properties,
  packets: Type.Array(Packet, { description: 'On their way now, both directions.' }),
  failed: Type.Array(FailedPacket, { description: 'The newest that failed, both directions, newest first.' }),
  silent: Type.Array(text('LedgerNetwork.', 63), { description: 'Ends whose ledger did not answer now: their packets are not told.' }),
});

export type LinkSide = Static<typeof LinkSide>;
export type Link = Static<typeof Link>;
export type LinkDetail = Static<typeof LinkDetail>;
export type Packet = Static<typeof Packet>;
export type FailedPacket = Static<typeof FailedPacket>;
export type PacketProof = Static<typeof PacketProof>;
