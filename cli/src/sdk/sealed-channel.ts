import { randomBytes } from 'node:crypto';
import { type Bytes, base64urlDecode, type Json, type JsonObject } from '@civitas/canon';
import { signEd25519 } from '@civitas/canon/node';
import type { SealedAnswer, SealedCall } from '@civitas/proto/civitas/node/v1/vault.ts';
import { openAnswer, type SealedCallForSending, sealCall } from '@civitas/sealed-call';
import { Fault, Refused } from '../fault.ts';
import type { Profile } from '../profile/load-profile.ts';
import type { LedgerClient } from './ledger-client.ts';
import { withRetry } from './retry.ts';

/** One call sealed to an organisation's gateway; answers its result. */
export type SealedSender = (audience: string, method: string, args: JsonObject) => Promise<Json>;

export interface SealedTransport {
  readonly ledger: LedgerClient;
  readonly profile: Profile;
  readonly signal?: AbortSignal | undefined;
  send(method: string, call: SealedCall): Promise<SealedAnswer>;
}

async function fetchHpkeKey(ledger: LedgerClient, organisation: string): Promise<Bytes> {
  const record = await ledger.read(`network.members/organisations/${organisation}`);
  const key = base64urlDecode(String(record.value?.['hpkePublicKey'] ?? ''));
  if (key?.length === 32) return key;
  throw new Fault('NO_VAULT', `${organisation} runs no gateway on ${ledger.network}: its membership names no HPKE key`);
}

/** Seals each call to the key that the audience's membership record names, and opens the answer. */
export function createSealedSender(transport: SealedTransport): SealedSender {
  const { ledger, profile } = transport;
  const keys = new Map<string, Promise<Bytes>>();
  const keyOf = (audience: string): Promise<Bytes> => {
    const known = keys.get(audience) ?? fetchHpkeKey(ledger, audience);
    keys.set(audience, known);
    known.catch(() => keys.delete(audience));
    return known;
  };
  const seal = async (audience: string, method: string, args: JsonObject): Promise<SealedCallForSending> =>
    sealCall({
      address: { chainId: ledger.chainId, audience, caller: profile.agency, keyId: profile.keyId },
      method,
      args,
      audiencePublicKey: await keyOf(audience),
      sign: (message) => signEd25519(profile.operationKey, message),
      nowUnixMs: Date.now(),
      nonce: new Uint8Array(randomBytes(16)),
    });
  return async (audience, method, args) => {
    const request = `${profile.agency} at ${ledger.network}: ${method} at ${audience}`;
    // A try again is a new call with a new nonce: the gateway refuses one it has seen.
    const answered = await withRetry(
      async () => {
        const { call, replyKey } = await seal(audience, method, args);
        return openAnswer(await transport.send(method, call), replyKey, call.signature);
      },
      { request, signal: transport.signal },
    );
    if (!answered.ok) throw new Refused(request, answered.refusal);
    return answered.value;
  };
}
