import type { JsonObject } from '@civitas/canon';
import type { Static } from '@sinclair/typebox';
import { absent, no, wrongState } from '../../../codes.ts';
import { type Context, type Contract, done, method, type Outcome } from '../../../contract.ts';
import { addLine, type Envelope, envelopeOf, type HistoryLine, hasOwnCoSigner, repeatOf, table } from '../../../record.ts';
import { Bytes32, fields, Name, oneOf, orNull } from '../../../schema.ts';

const NetworkFields = fields({
  chainId: Name,
  name: Name,
  domain: Name,
  city: Name,
  genesisHash: Bytes32,
  validatorsHash: Bytes32,
  /** Chain id of the network that this one replaces after a restore. */
  predecessor: orNull(Name),
});

export type NetworkRecord = Envelope &
  Static<typeof NetworkFields> & {
    readonly status: 'registered' | 'confirmed' | 'tombstoned';
    readonly history: readonly HistoryLine[];
  };

const networks = table<NetworkRecord>('networks');
const revocations = table<Envelope & { readonly keyId: string; readonly network: string; readonly reason: string }>('revocations');

const register = method({
  summary: 'Binds a chain id to one genesis for ever. Makes no client: members of each ledger approve those.',
  args: NetworkFields,
  roles: ['platform'],
  refusals: ['DUPLICATE', 'STATE'],
  events: ['NetworkRegistered'],
  run(ctx, args) {
    const envelope = envelopeOf(ctx, 'city.registry/network@v1', args as JsonObject);
    const existing = networks.find(ctx, args.chainId);
    if (existing !== undefined) return repeatOf(existing, envelope, args.chainId);
    if (args.predecessor !== null && networks.find(ctx, args.predecessor) === undefined) return absent(args.predecessor);
    networks.put(ctx, args.chainId, { ...envelope, ...args, status: 'registered', history: addLine([], ctx, 'registered') });
    ctx.emit('NetworkRegistered', { chainId: args.chainId, genesisHash: args.genesisHash });
    return done({ id: args.chainId });
  },
});

// Governors' verbs need a person of the governor's own organisation: whoever holds only the gateway's key governs nothing.
function govern(ctx: Context): Outcome | undefined {
  return hasOwnCoSigner(ctx) ? undefined : no('NOT_AUTHORISED', 'two-persons');
}

const confirm = method({
  summary: "A governor confirms a network's genesis after comparing it.",
  args: fields({ chainId: Name, genesisHash: Bytes32 }),
  roles: ['registrar', 'rulemaker'],
  coSignatures: 1,
  refusals: ['NOT_AUTHORISED', 'STATE', 'RULE_UNMET'],
  events: ['NetworkConfirmed'],
  run(ctx, args) {
    const refusal = govern(ctx);
    if (refusal !== undefined) return refusal;
    const record = networks.find(ctx, args.chainId);
    if (record === undefined) return absent(args.chainId);
    if (record.genesisHash !== args.genesisHash) return no('RULE_UNMET', 'other-genesis', { chainId: args.chainId });
    if (record.status === 'confirmed') return done({ id: args.chainId, unchanged: true });
    if (record.status !== 'registered') return wrongState(args.chainId, record.status);
    networks.put(ctx, args.chainId, { ...record, status: 'confirmed', history: addLine(record.history, ctx, 'confirmed') });
    ctx.emit('NetworkConfirmed', { chainId: args.chainId });
    return done({ id: args.chainId });
  },
});

const tombstone = method({
  summary: 'Declares a network decommissioned; final.',
  args: fields({ chainId: Name, reason: oneOf('decommissioned', 'superseded', 'compromised') }),
  roles: ['registrar', 'rulemaker'],
  coSignatures: 1,
  refusals: ['NOT_AUTHORISED', 'STATE'],
  events: ['NetworkTombstoned'],
  run(ctx, args) {
    const refusal = govern(ctx);
    if (refusal !== undefined) return refusal;
    const record = networks.find(ctx, args.chainId);
    if (record === undefined) return absent(args.chainId);
    if (record.status === 'tombstoned') return done({ id: args.chainId, unchanged: true });
    networks.put(ctx, args.chainId, { ...record, status: 'tombstoned', history: addLine(record.history, ctx, args.reason) });
    ctx.emit('NetworkTombstoned', { chainId: args.chainId, reason: args.reason });
    return done({ id: args.chainId });
  },
});

const revokeKey = method({
  summary: "Stops a network's consensus key; it can never speak for the network instead.",
  args: fields({ chainId: Name, keyId: Bytes32, reason: oneOf('compromised', 'retired', 'lost') }),
  roles: ['registrar', 'rulemaker'],
  coSignatures: 1,
  refusals: ['NOT_AUTHORISED', 'STATE', 'DUPLICATE'],
  events: ['KeyRevoked'],
  run(ctx, args) {
    const refusal = govern(ctx);
    if (refusal !== undefined) return refusal;
    if (networks.find(ctx, args.chainId) === undefined) return absent(args.chainId);
    const envelope = envelopeOf(ctx, 'city.registry/revocation@v1', args as JsonObject);
    const existing = revocations.find(ctx, args.keyId);
    if (existing !== undefined) return repeatOf(existing, envelope, args.keyId);
    revocations.put(ctx, args.keyId, { ...envelope, keyId: args.keyId, network: args.chainId, reason: args.reason });
    ctx.emit('KeyRevoked', { chainId: args.chainId, keyId: args.keyId });
    return done({ id: args.keyId });
  },
});

/** Which networks there are, each bound to one genesis; read by the other ledgers through proofs. */
export const registryV1: Contract = {
  name: 'city.registry',
  version: 'v1',
  summary: "The city's networks and revoked consensus keys.",
  methods: { register, confirm, tombstone, revokeKey },
  views: {},
  ports: {},
  collections: { networks: { readableBy: 'members' }, revocations: { readableBy: 'members' } },
};
