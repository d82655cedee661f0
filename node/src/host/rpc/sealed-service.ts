import { base64urlDecode, type CryptoPort, type Json, type Result, refuse } from '@civitas/canon';
import type { PeerIdentity } from '@civitas/deployment';
import type { SealedAnswer, SealedCall, SubjectServiceServer, VaultServiceServer } from '@civitas/proto/civitas/node/v1/vault';
import { type OpenedCall, openCall, sealAnswer } from '@civitas/sealed-call';
import type { Instruments, nodeMetrics } from '@civitas/telemetry';
import type { GatewayKeys } from '../keys/node-keys.ts';
import type { Members } from '../ledger/ledger-host.ts';
import type { NonceCache } from '../vault/nonce-cache.ts';
import type { SealedMethod } from '../vault/vault-methods.ts';
import type { Guard, ServiceRule } from './guard.ts';

export type SealedMethodName = (typeof nodeMetrics)['vaultCalls']['labels']['method'][number];

/** A hosted organisation that answers sealed calls. */
export interface SealedGateway {
  readonly keys: GatewayKeys;
  readonly methods: Readonly<Partial<Record<SealedMethodName, SealedMethod>>>;
}

export interface SealedServiceOptions {
  readonly chainId: string;
  readonly crypto: CryptoPort;
  readonly members: () => Members;
  readonly gateways: () => ReadonlyMap<string, SealedGateway>;
  readonly nonces: NonceCache;
  readonly nowUnixMs: () => number;
  readonly metrics: Pick<Instruments<typeof nodeMetrics>, 'vaultCalls'>;
}

interface CheckedCall {
  readonly gateway: SealedGateway;
  readonly opened: OpenedCall;
}

async function checkCall(options: SealedServiceOptions, call: SealedCall, peer: PeerIdentity): Promise<Result<CheckedCall>> {
  const denied = (expected: string): Result<CheckedCall> => refuse('NOT_AUTHORISED', { organisation: call.caller, expected });
  if (call.caller !== peer.organisation) return denied('the organisation of the certificate');
  const gateway = options.gateways().get(call.audience);
  if (gateway === undefined) return refuse('NOT_FOUND', { what: 'gateway', audience: call.audience });
  const known = options.members().findKey(call.keyId);
  const callerPublicKey = known === undefined ? undefined : base64urlDecode(known.key.publicKey);
  if (
    known === undefined ||
    known.revoked ||
    known.organisation !== call.caller ||
    known.key.use !== 'operation' ||
    callerPublicKey === undefined
  ) {
    return denied('an operation key of the organisation in force');
  }
  const { chainId, crypto } = options;
  const { hpkePrivateKey: privateKey } = gateway.keys;
  const opened = await openCall({ call, chainId, crypto, callerPublicKey, privateKey, nowUnixMs: options.nowUnixMs() });
  if (!opened.ok) return opened;
  const fresh = options.nonces.take(`${call.keyId}.${opened.value.nonce}`);
  return fresh.ok ? { ok: true, value: { gateway, opened: opened.value } } : fresh;
}

/**
 * One method over SealedCall. What is wrong with the envelope is a gRPC error; what the method says travels sealed, refusals too.
 */
function sealedMethod(options: SealedServiceOptions, name: SealedMethodName) {
  return async (call: SealedCall, peer: PeerIdentity): Promise<Result<SealedAnswer>> => {
    const checked = await checkCall(options, call, peer);
    if (!checked.ok) {
      options.metrics.vaultCalls.inc({ method: name, result: 'unauthenticated' });
      return checked;
    }
    const { gateway, opened } = checked.value;
    const method = opened.method === name ? gateway.methods[name] : undefined;
    const outcome: Result<Json> =
      method === undefined ? refuse('NOT_FOUND', { method: name }) : await method({ caller: call.caller, args: opened.args });
    options.metrics.vaultCalls.inc({ method: name, result: outcome.ok ? 'ok' : 'refused' });
    const answer = outcome.ok ? ({ ok: true, result: outcome.value } as const) : outcome;
    return { ok: true, value: await sealAnswer(answer, opened.replyKey, call.signature) };
  };
}

/** VaultService of every hosted organisation: members only, by node or client certificate. */
export function vaultService(guard: Guard, options: SealedServiceOptions): VaultServiceServer {
  const rule: ServiceRule = { service: 'VaultService', accepts: ({ kind }) => kind === 'client' || kind === 'node', membership: true };
  return {
    put: guard.unary(rule, sealedMethod(options, 'Put')),
    open: guard.unary(rule, sealedMethod(options, 'Open')),
    collect: guard.unary(rule, sealedMethod(options, 'Collect')),
    erase: guard.unary(rule, sealedMethod(options, 'Erase')),
  };
}

/** SubjectService of the registrar, where one is hosted. */
export function subjectService(guard: Guard, options: SealedServiceOptions): SubjectServiceServer {
  const rule: ServiceRule = { service: 'SubjectService', accepts: ({ kind }) => kind === 'client' || kind === 'node', membership: true };
  return {
    assign: guard.unary(rule, sealedMethod(options, 'Assign')),
    resolve: guard.unary(rule, sealedMethod(options, 'Resolve')),
    issueLinkToken: guard.unary(rule, sealedMethod(options, 'IssueLinkToken')),
    tieAccount: guard.unary(rule, sealedMethod(options, 'TieAccount')),
  };
}
