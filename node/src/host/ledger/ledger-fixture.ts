import {
  type Bytes,
  base64urlEncode,
  chainIdOf,
  contractNameOf,
  coSignatureSignBytes,
  type Envelope,
  encodeCanonical,
  encodeOperation,
  envelopeHash,
  hashOf,
  type JsonObject,
  operationHash,
  operationSignBytes,
  organisationNameOf,
  sharedPathsOf,
  sharedSignBytes,
  unixMsFrom,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { type Contract, done, method, port, refused, view } from '@civitas/contracts';
import type { Genesis, GenesisAppState, GenesisOrganisation } from '@civitas/deployment';
import { Bundle as WireBundle } from '@civitas/proto/civitas/ledger/v1/operation';
import { aKeyPair, type TestKeyPair } from '@civitas/testkit';
import { Type } from '@sinclair/typebox';
import { bundleSignBytes, packedBundleSignBytes } from '../../core/ledger/bundle.ts';
import { encodeBundle } from './bundle-codec.ts';
import { encodePackedBundle, packedContentOf } from './packed-bundle.ts';

const { sha256 } = nodeCrypto;
const closed = { additionalProperties: false };

/** A contract for tests: puts, reads, scans, fails and throws on demand, sends packets and answers them. */
export const probe: Contract = {
  name: 'test.probe',
  version: 'v1',
  summary: 'Exercises every door of the runtime.',
  collections: { items: { readableBy: 'members' }, heard: { readableBy: 'members' } },
  methods: {
    put: method({
      summary: 'Writes a record.',
      args: Type.Object({ id: Type.String({ maxLength: 300 }), value: Type.String({ maxLength: 70_000 }) }, closed),
      roles: ['member'],
      refusals: [],
      events: ['Put'],
      run: (ctx, { id, value }) => {
        ctx.state.put('items', id, { value });
        ctx.emit('Put', { id });
        return done({ id });
      },
    }),
    putThenRefuse: method({
      summary: 'Writes, then refuses.',
      args: Type.Object({ id: Type.String() }, closed),
      roles: ['member'],
      refusals: ['STATE'],
      events: [],
      run: (ctx, { id }) => {
        ctx.state.put('items', id, { value: 'never' });
        return refused('STATE', { id });
      },
    }),
    throws: method({
      summary: 'Has a bug.',
      args: Type.Object({ id: Type.String() }, closed),
      roles: ['member'],
      refusals: [],
      events: [],
      run: (ctx, { id }) => {
        ctx.state.put('items', id, { value: 'never' });
        throw new Error('a bug');
      },
    }),
    twoPersons: method({
      summary: 'Needs a person beside the organisation.',
      args: Type.Object({}, closed),
      roles: ['member'],
      coSignatures: 1,
      refusals: [],
      events: [],
      run: (ctx) => done({ coSigners: ctx.caller.coSigners.length }),
    }),
    internal: method({
      summary: 'For invoke alone.',
      args: Type.Object({ id: Type.String() }, closed),
      roles: [],
      refusals: [],
      events: [],
      run: (ctx, { id }) => {
        ctx.state.put('items', id, { value: 'internal' });
        return id === 'bad' ? refused('STATE', {}) : done({ id });
      },
    }),
    invokes: method({
      summary: 'Calls internal.',
      args: Type.Object({ id: Type.String() }, closed),
      roles: ['member'],
      refusals: [],
      events: [],
      run: (ctx, { id }) => {
        const inner = ctx.invoke('test.probe', 'internal', { id });
        return done({ ok: inner.ok, isWritten: ctx.state.get('items', id) !== undefined });
      },
    }),
    emitMany: method({
      summary: 'Emits a number of events.',
      args: Type.Object({ count: Type.Integer() }, closed),
      roles: ['member'],
      refusals: [],
      events: ['Tick'],
      run: (ctx, { count }) => {
        for (let i = 0; i < count; i++) ctx.emit('Tick', { i });
        return done();
      },
    }),
    send: method({
      summary: 'Sends a packet.',
      args: Type.Object(
        {
          to: Type.String(),
          timeoutUnixMs: Type.Integer(),
          value: Type.Object({}),
          second: Type.Optional(Type.Object({})),
          lane: Type.Optional(Type.String()),
          version: Type.Optional(Type.String()),
        },
        closed,
      ),
      roles: ['member'],
      refusals: [],
      events: [],
      run: (ctx, { to, timeoutUnixMs, value, second, lane, version }) => {
        const values = second === undefined ? [value] : [value, second];
        const payloads = values.map(
          (each) => ({ port: 'test.probe', version: version ?? 'v1', encoding: 'json', value: each as JsonObject }) as const,
        );
        const sent = ctx.send({ destination: to, timeoutUnixMs, payloads, ...(lane === undefined ? {} : { lane }) });
        return sent.ok ? done({ sequence: sent.sequence }) : sent;
      },
    }),
    answer: method({
      summary: 'Gives a deferred packet its final answer.',
      args: Type.Object({ peer: Type.String(), sequence: Type.Integer() }, closed),
      roles: ['member'],
      refusals: ['NOT_DEFERRED', 'PAST_DUE'],
      events: [],
      run: (ctx, packet) => ctx.acknowledge(packet, { status: 'ok', value: { final: true } }),
    }),
  },
  views: {
    items: view({
      summary: 'Lists records.',
      args: Type.Object({ prefix: Type.String() }, closed),
      roles: ['*'],
      run: (ctx, { prefix }) => done(ctx.state.scan('items', { prefix, limit: 10 }).map(({ id }) => id)),
    }),
  },
  ports: {
    v1: port({
      version: 'v1',
      payload: Type.Object({}, { additionalProperties: true }),
      receive: (ctx, received, value) => {
        const fields = value as JsonObject;
        ctx.state.put('items', `received-${received.packet.sequence}`, { value: fields });
        if (fields['fail'] === true) return { status: 'error', code: 'STATE', retriable: false, facts: {} };
        if (fields['throw'] === true) throw new Error('a bug');
        if (typeof fields['deferUntil'] === 'number') return { status: 'deferred', dueUnixMs: fields['deferUntil'] };
        return { status: 'ok', value: { echoed: fields } };
      },
      acknowledged: (ctx, sent, _value, answer) =>
        ctx.state.put('heard', `${sent.packet.sequence}-${answer.status}`, { answer: { ...answer } }),
      timedOut: (ctx, sent) => ctx.state.put('heard', `${sent.packet.sequence}-timeout`, {}),
    }),
  },
};

/** Keys and names of a test network; the same in every run. */
export interface TestNetwork {
  readonly chainId: string;
  readonly genesis: Genesis;
  readonly genesisBytes: Bytes;
  readonly consensus: TestKeyPair;
}

export const founderKey = aKeyPair('founder');
export const secondFounderKey = aKeyPair('second-founder');
export const approverKey = aKeyPair('approver');
export const secondApproverKey = aKeyPair('second-approver');
export const platformKey = aKeyPair('platform');
export const relayKey = aKeyPair('relay');

function organisation(name: string, rest: Partial<GenesisOrganisation>): GenesisOrganisation {
  return {
    name,
    displayName: { zh: name, en: name },
    roles: ['member'],
    keys: [],
    hpkePublicKey: '',
    approvalPolicy: 'auto',
    founder: true,
    ...rest,
  };
}

const keyOf = (pair: TestKeyPair, use: 'operation' | 'approver' | 'relay') => ({
  publicKey: base64urlEncode(pair.publicKey),
  use,
  label: use,
});

export const FOUNDERS: readonly GenesisOrganisation[] = [
  organisation('founder', { keys: [keyOf(founderKey, 'operation'), keyOf(approverKey, 'approver')] }),
  organisation('second', { keys: [keyOf(secondFounderKey, 'operation'), keyOf(secondApproverKey, 'approver')] }),
  organisation('platform', {
    founder: false,
    roles: ['platform', 'relay'],
    keys: [keyOf(platformKey, 'operation'), keyOf(relayKey, 'relay')],
  }),
];

/** @param overrides of the genesis' app state; `chainId` names the network. */
export function aNetwork(
  chainId = 'jincheng-health-1',
  overrides: Partial<GenesisAppState> = {},
  genesisTimeUnixMs = 1_767_225_600_000,
): TestNetwork {
  const consensus = aKeyPair(`consensus ${chainId}`);
  const validators = [{ publicKey: base64urlEncode(consensus.publicKey), power: 10, node: 'node-0', organisation: 'founder' }];
  const appState: GenesisAppState = {
    city: 'jincheng',
    domain: chainId.split('-').at(-2) ?? 'health',
    cityClient: null,
    founders: FOUNDERS,
    approvalThreshold: 1,
    contracts: ['test.probe@v1'],
    limits: { operationsPerSecondPerOrganisation: 1000, linkPacketsPerMinute: 100_000 },
    ...overrides,
  };
  const genesis: Genesis = { schemaVersion: 1, chainId, genesisTimeUnixMs, validators, appState };
  const genesisBytes = encodeCanonical(JSON.parse(JSON.stringify(genesis)) as JsonObject);
  return { chainId, genesis, genesisBytes, consensus };
}

export interface OperationParts {
  readonly contract?: string;
  readonly method?: string;
  readonly args?: JsonObject;
  readonly organisation?: string;
  readonly role?: string;
  readonly key?: TestKeyPair;
  readonly coSigners?: readonly TestKeyPair[];
  readonly expiresAtUnixMs: number;
  /** Names one intent; a number stands for its 16 bytes. */
  readonly intent: number | Bytes;
}

function intentBytes(intent: number | Bytes): Bytes {
  return typeof intent === 'number' ? sha256(new Uint8Array(Float64Array.of(intent).buffer)).slice(0, 16) : intent;
}

export function anEnvelope(network: TestNetwork, parts: OperationParts): Envelope {
  const key = parts.key ?? founderKey;
  const body = encodeOperation({
    actor: 'officer-1',
    args: parts.args ?? {},
    contract: contractNameOf(parts.contract ?? 'test.probe@v1'),
    expiresAtUnixMs: unixMsFrom(parts.expiresAtUnixMs),
    genesis: hashOf(sha256(network.genesisBytes)),
    idempotencyKey: intentBytes(parts.intent),
    keyId: key.keyId,
    method: parts.method ?? 'put',
    network: chainIdOf(network.chainId),
    organisation: organisationNameOf(parts.organisation ?? 'founder'),
    role: parts.role ?? 'member',
  });
  const message = coSignatureSignBytes(operationHash(sha256, body));
  const coSignatures = (parts.coSigners ?? []).map((pair) => ({ keyId: pair.keyId, signature: pair.sign(message) }));
  coSignatures.sort((left, right) => (left.keyId < right.keyId ? -1 : 1));
  return { body, signature: key.sign(operationSignBytes(body)), coSignatures };
}

const paths = new WeakMap<Envelope, readonly Bytes[]>();

/** The same operations under one signature of one key. */
export function signedTogether(network: TestNetwork, envelopes: readonly Envelope[], key: TestKeyPair = founderKey): readonly Envelope[] {
  const hashes = envelopes.map(({ body }) => operationHash(sha256, body));
  const { total, root, paths: found } = sharedPathsOf(sha256, hashes);
  const signature = key.sign(sharedSignBytes(network.chainId, { total, root }));
  return envelopes.map((envelope, index) => {
    const shared: Envelope = { ...envelope, signature, shared: { index, total, root } };
    paths.set(shared, found[index]?.siblings ?? []);
    return shared;
  });
}

export function aBundle(network: TestNetwork, envelopes: readonly Envelope[], overrides: Partial<WireBundle> = {}): Bytes {
  const message = bundleSignBytes(
    network.chainId,
    envelopes.map((envelope) => envelopeHash(sha256, envelope)),
  );
  const bundled = envelopes.map((envelope) => ({ envelope, path: () => paths.get(envelope) ?? [] }));
  const signed = { chainId: network.chainId, gateway: 'founder', keyId: founderKey.keyId, signature: founderKey.sign(message) };
  const bytes = encodeBundle(signed, bundled);
  return WireBundle.encode({ ...WireBundle.decode(bytes), ...overrides }).finish();
}

export function aPackedBundle(network: TestNetwork, envelopes: readonly Envelope[]): Bytes {
  const content = packedContentOf(aBundle(network, envelopes, { signature: new Uint8Array(0) }));
  return encodePackedBundle({ signature: founderKey.sign(packedBundleSignBytes(network.chainId, sha256(content))), content });
}
