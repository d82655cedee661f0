import { isJsonObject, type Json, type JsonObject } from '@civitas/canon';
import { SubjectServiceClient } from '@civitas/proto/civitas/node/v1/vault.ts';
import { Fault } from '../fault.ts';
import type { Profile } from '../profile/load-profile.ts';
import { CHANNEL_OPTIONS, channelCredentials } from './channel.ts';
import type { LedgerClient } from './ledger-client.ts';
import { createSealedSender } from './sealed-channel.ts';
import { unary } from './unary.ts';

export interface Assigned {
  /** Random id of the person for the caller's organisation on the ledger asked for. */
  readonly subject: string;
  /** The person's id on `city`; only a portal is told. */
  readonly citySubject?: string;
}

/** The registrar's gateway on `city`: persons in, subject ids out. Identifiers travel sealed and stay there. */
export interface SubjectClient {
  assign(args: { system: string; identifier: string; ledger: string; profile?: JsonObject }): Promise<Assigned>;
  issueLinkToken(args: JsonObject): Promise<{ readonly token: string; readonly tokenHash: string }>;
  resolve(token: string): Promise<{ readonly subject: string }>;
  /** Ties an account of the identity provider to the person whose identity a portal has seen. */
  tieAccount(args: { system: string; identifier: string; account: string }): Promise<{ readonly citySubject: string }>;
  close(): void;
}

function textOf(answer: Json, field: string): string {
  const value = isJsonObject(answer) ? answer[field] : undefined;
  if (typeof value === 'string') return value;
  throw new Fault('ANSWER_MALFORMED', `the registrar's answer has no '${field}'`);
}

/** @param ledger A client of `city`. @param registrar The organisation with role `registrar`. */
export function openSubjectClient(profile: Profile, ledger: LedgerClient, registrar: string, signal?: AbortSignal): SubjectClient {
  const client = new SubjectServiceClient(ledger.access.document.vault, channelCredentials(ledger.access), CHANNEL_OPTIONS);
  const methods = {
    Assign: client.assign.bind(client),
    Resolve: client.resolve.bind(client),
    IssueLinkToken: client.issueLinkToken.bind(client),
    TieAccount: client.tieAccount.bind(client),
  };
  const send = createSealedSender({
    ledger,
    profile,
    signal,
    send: (method, call) => unary(methods[method as keyof typeof methods], call, signal),
  });
  return {
    async assign(args) {
      const answer = await send(registrar, 'Assign', args);
      const citySubject = isJsonObject(answer) ? answer['citySubject'] : undefined;
      return { subject: textOf(answer, 'subject'), ...(typeof citySubject === 'string' ? { citySubject } : {}) };
    },
    async issueLinkToken(args) {
      const answer = await send(registrar, 'IssueLinkToken', args);
      return { token: textOf(answer, 'token'), tokenHash: textOf(answer, 'tokenHash') };
    },
    async resolve(token) {
      return { subject: textOf(await send(registrar, 'Resolve', { token }), 'subject') };
    },
    async tieAccount(args) {
      return { citySubject: textOf(await send(registrar, 'TieAccount', args), 'citySubject') };
    },
    close: () => client.close(),
  };
}
