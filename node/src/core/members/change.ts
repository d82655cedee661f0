import { type Static, Type } from '@sinclair/typebox';
import { ChainIdText, ForeignProofSchema, LightBlockText, TermsSchema, ValidatorSchema } from '../links/schema.ts';
import { ACTIVATION_NOTICE_BLOCKS_MAX, ACTIVATION_NOTICE_BLOCKS_MIN, FIRST_PROTOCOL, PROTOCOL_MAX } from '../protocol/limits.ts';
import { KEYS_PER_ORGANISATION_MAX, PACK_CONTRACTS_MAX, ROLES_MAX } from './limits.ts';

const closed = { additionalProperties: false };
const Name = Type.String({ pattern: '^[a-z0-9]+(?:[.-][a-z0-9]+)*$', maxLength: 64 });
const KeyBytes = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' });
const ProtocolVersion = Type.Integer({ minimum: FIRST_PROTOCOL + 1, maximum: PROTOCOL_MAX });
const Roles = Type.Array(Name, { maxItems: ROLES_MAX, uniqueItems: true });

const MemberKeySchema = Type.Object(
  {
    publicKey: KeyBytes,
    use: Type.Union([Type.Literal('operation'), Type.Literal('approver')]),
    label: Type.String({ maxLength: 64 }),
  },
  closed,
);

const OrganisationSchema = Type.Object(
  {
    name: Name,
    displayName: Type.Object({ zh: Type.String({ maxLength: 128 }), en: Type.String({ maxLength: 128 }) }, closed),
    roles: Roles,
    keys: Type.Array(MemberKeySchema, { maxItems: KEYS_PER_ORGANISATION_MAX }),
    hpkePublicKey: Type.Union([KeyBytes, Type.Literal('')]),
    approvalPolicy: Type.Union([Type.Literal('manual'), Type.Literal('auto')]),
  },
  closed,
);

const KINDS_OF_FIRST = [
  Type.Object({ kind: Type.Literal('enrolOrganisation'), organisation: OrganisationSchema }, closed),
  Type.Object(
    {
      kind: Type.Literal('addKeys'),
      organisation: Name,
      keys: Type.Array(MemberKeySchema, { minItems: 1, maxItems: KEYS_PER_ORGANISATION_MAX }),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('revokeKey'), keyId: KeyBytes }, closed),
  Type.Object({ kind: Type.Literal('setRoles'), organisation: Name, roles: Roles }, closed),
  Type.Object({ kind: Type.Literal('setHpkeKey'), organisation: Name, hpkePublicKey: KeyBytes }, closed),
  Type.Object({ kind: Type.Literal('removeOrganisation'), organisation: Name }, closed),
  Type.Object({ kind: Type.Literal('addValidator'), publicKey: KeyBytes, node: Name, organisation: Name }, closed),
  Type.Object(
    {
      kind: Type.Literal('removeValidator'),
      publicKey: KeyBytes,
      /** Must be true when fewer than four validators remain: no one of them may fail then. */
      allowFewer: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('rekeyValidator'), publicKey: KeyBytes, newPublicKey: KeyBytes }, closed),
  Type.Object(
    {
      kind: Type.Literal('activateProtocol'),
      version: ProtocolVersion,
      /** Blocks from the one that decides it to the first that is executed by it: founders may take days to approve. */
      afterBlocks: Type.Integer({ minimum: ACTIVATION_NOTICE_BLOCKS_MIN, maximum: ACTIVATION_NOTICE_BLOCKS_MAX }),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('cancelProtocol'), version: ProtocolVersion }, closed),
  Type.Object(
    {
      kind: Type.Literal('createClient'),
      chainId: ChainIdText,
      /** The validators at the peer's genesis; they must hash to the registry record's validatorsHash. */
      validators: Type.Array(ValidatorSchema, { minItems: 1, maxItems: 128 }),
      /** The record `city.registry/networks/<chainId>`, as the proof shows it. On the city network itself both are left out. */
      record: Type.Optional(Type.Object({}, { additionalProperties: true })),
      proof: Type.Optional(ForeignProofSchema),
      terms: Type.Optional(TermsSchema),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('setTerms'), peer: ChainIdText, terms: TermsSchema }, closed),
  Type.Object({ kind: Type.Literal('thawClient'), peer: ChainIdText, lightBlock: LightBlockText }, closed),
  Type.Object({ kind: Type.Literal('tombstoneClient'), peer: ChainIdText }, closed),
  Type.Object({ kind: Type.Literal('supersedeClient'), peer: ChainIdText }, closed),
] as const;

const ContractText = Type.String({ pattern: '^[a-z0-9]+(?:[.-][a-z0-9]+)*@v[1-9][0-9]{0,3}$', maxLength: 64 });

const KINDS_OF_THIRD = [
  Type.Object(
    {
      /** Carries out a method that its contract leaves to the founders' decision. */
      kind: Type.Literal('callContract'),
      contract: ContractText,
      method: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9]*$', maxLength: 64 }),
      args: Type.Object({}, { additionalProperties: true }),
    },
    closed,
  ),
  Type.Object(
    {
      /** Takes contracts up that the release ships and the genesis left out. */
      kind: Type.Literal('installPack'),
      pack: Type.Object(
        {
          name: Name,
          version: Type.String({ pattern: '^[0-9]{1,6}\\.[0-9]{1,6}\\.[0-9]{1,6}$' }),
          contracts: Type.Array(ContractText, { minItems: 1, maxItems: PACK_CONTRACTS_MAX, uniqueItems: true }),
        },
        closed,
      ),
      publisher: KeyBytes,
      /** Over packSignBytes. */
      signature: Type.String({ pattern: '^[A-Za-z0-9_-]{86}$' }),
    },
    closed,
  ),
] as const;

/** What members of a ledger below protocol version 3 decide together: any other kind is to them no change at all. */
export const EarlierChangeSchema = Type.Union([...KINDS_OF_FIRST]);

/** What members decide together. One proposal holds one change; it is checked when proposed and again when applied. */
export const ChangeSchema = Type.Union([...KINDS_OF_FIRST, ...KINDS_OF_THIRD]);

export type Change = Static<typeof ChangeSchema>;
export type MembershipChange = Extract<
  Change,
  { kind: 'enrolOrganisation' | 'addKeys' | 'revokeKey' | 'setRoles' | 'setHpkeKey' | 'removeOrganisation' }
>;
export type ValidatorChange = Extract<Change, { kind: 'addValidator' | 'removeValidator' | 'rekeyValidator' }>;
export type ProtocolChange = Extract<Change, { kind: 'activateProtocol' | 'cancelProtocol' }>;
export type ContractChange = Extract<Change, { kind: 'callContract' | 'installPack' }>;
export type ClientChange = Exclude<Change, MembershipChange | ValidatorChange | ProtocolChange | ContractChange>;
