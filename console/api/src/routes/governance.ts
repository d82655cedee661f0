import { randomBytes, randomUUID } from 'node:crypto';
import { base64urlDecode, canonicalString, encodeCanonical, type JsonObject, keyIdOf, parseOperation } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { Approval, ProposedKey, ROUTES } from '@civitas/console-contract';
import type { PersonCall, PrepareResponse } from '@civitas/proto/civitas/node/v1/person';
import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import type { Call, HandlersOf } from '../http/call.ts';
import { headerOf } from '../http/header-of.ts';
import { ProblemError } from '../http/problem-error.ts';
import { callLedger } from '../ledger/call-ledger.ts';
import type { Ledger } from '../ledger/ledgers.ts';
import { personCall, submitWish } from '../ledger/person-calls.ts';
import { submitSigned } from '../ledger/submit-signed.ts';
import { wishKey } from '../ledger/wish-key.ts';
import { networkFor } from './networks.ts';

const MEMBERS = 'network.members@v1';
/** Bytes of a proposal's id that follow from the wish: the same key may be proposed again later. */
const PROPOSAL_BYTES = 6;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Bytes of a field. @throws ProblemError INVALID. */
function bytesOf(field: string, text: string): Uint8Array {
  const bytes = base64urlDecode(text);
  if (bytes !== undefined) return bytes;
  throw new ProblemError('INVALID', `${field}: not base64url`, { errors: [{ field, code: 'format', detail: 'not base64url' }] });
}

interface Wanted {
  readonly method: 'approve' | 'propose';
  readonly args: JsonObject;
  readonly idempotencyKey: Uint8Array;
}

function prepare({ person }: Ledger, call: PersonCall, { method, args, idempotencyKey }: Wanted): Promise<PrepareResponse> {
  return callLedger(person.prepare.bind(person), {
    call,
    contract: MEMBERS,
    method,
    role: 'member',
    args: encodeCanonical(args),
    idempotencyKey,
    privateValues: undefined,
  });
}

/** @throws ProblemError INVALID unless the body approves that proposal and nothing else: what is logged is what is done. */
function assertApproves(body: Uint8Array, proposal: string): void {
  const parsed = parseOperation(body);
  const approves =
    parsed.ok && parsed.value.contract === MEMBERS && parsed.value.method === 'approve' && parsed.value.args['proposal'] === proposal;
  if (approves) return;
  const detail = `not a prepared approval of ${proposal}`;
  throw new ProblemError('INVALID', `body: ${detail}`, { errors: [{ field: 'body', code: 'rule', detail }] });
}

/** Hands in what the person has signed: once for its `Idempotency-Key`, and the signed operation itself once for ever. */
async function approveProposal(context: ConsoleContext, call: Call<(typeof ROUTES)['approveProposal']>): Promise<Approval> {
  const { principal, params, body: signed, request } = call;
  const ledger = context.ledgers.open(await networkFor(context, principal, params.name));
  const body = bytesOf('body', signed.body);
  assertApproves(body, params.id);
  const keyId = keyIdOf(nodeCrypto.sha256, bytesOf('publicKey', signed.publicKey));
  const coSignatures = [{ keyId, signature: bytesOf('signature', signed.signature) }];
  const resource = `Proposal/${params.name}/${params.id}`;
  const facts = { keyId, ...(signed.reason === undefined ? {} : { reason: signed.reason }) };
  const deed = { principal, action: 'approveProposal', agency: signed.agency, resource, facts };
  const once = { sub: principal.sub, header: headerOf(request, 'idempotency-key'), request: [params, signed] };
  const { receipt, operationHash } = await context.idempotency.once(once, () =>
    audited(context, deed, () => submitSigned(ledger, personCall(request, signed.agency), { body, coSignatures })),
  );
  const result = receipt.outcome.ok ? receipt.outcome.result : undefined;
  const status: unknown = typeof result === 'object' && result !== null ? Reflect.get(result, 'status') : undefined;
  return {
    proposal: params.id,
    status: status === 'applied' || status === 'failed' ? status : 'open',
    operationHash,
    height: receipt.height,
  };
}

/** Proposes a key: the same wish makes the same proposal under the same key of the ledger, so that a repetition makes no second one. */
async function proposeApproverKey(context: ConsoleContext, call: Call<(typeof ROUTES)['proposeApproverKey']>): Promise<ProposedKey> {
  const { principal, params, body: asked, request } = call;
  const ledger = context.ledgers.open(await networkFor(context, principal, params.name));
  const { agency, publicKey, label } = asked;
  const header = headerOf(request, 'idempotency-key');
  const idempotencyKey = wishKey('approver-key', [principal.sub, header ?? randomUUID(), params.name, agency]);
  const keyId = keyIdOf(nodeCrypto.sha256, bytesOf('publicKey', publicKey));
  const proposal = `key-${keyId.slice(0, 22)}-${idempotencyKey.toString('hex', 0, PROPOSAL_BYTES)}`;
  const change = { kind: 'addKeys', organisation: agency, keys: [{ publicKey, use: 'approver', label }] };
  const deed = { principal, action: 'proposeApproverKey', agency, resource: `Key/${params.name}/${keyId}`, facts: { label, proposal } };
  const submit = async () => {
    const person = personCall(request, agency);
    const { body } = await prepare(ledger, person, { method: 'propose', args: { id: proposal, change }, idempotencyKey });
    return submitWish(ledger, person, {
      body,
      isSame: (first, now) =>
        first.contract === now.contract && first.method === now.method && canonicalString(first.args) === canonicalString(now.args),
    });
  };
  const once = { sub: principal.sub, header, request: [params, asked] };
  const { receipt, operationHash } = await context.idempotency.once(once, () => audited(context, deed, submit));
  return { proposal, keyId, operationHash, height: receipt.height };
}

/** What people decide about the network itself, each through the gateway of their agency and with a key of their own. */
export function governanceHandlers(context: ConsoleContext): HandlersOf<'prepareApproval' | 'approveProposal' | 'proposeApproverKey'> {
  return {
    prepareApproval: async ({ principal, params, body, request }) => {
      const ledger = context.ledgers.open(await networkFor(context, principal, params.name));
      // Nothing is executed under its key before somebody has signed it, and what they sign is handed in as it is.
      const wanted = { method: 'approve', args: { proposal: params.id }, idempotencyKey: randomBytes(16) } as const;
      const prepared = await prepare(ledger, personCall(request, body.agency), wanted);
      return {
        body: base64(prepared.body),
        operationHash: hex(prepared.operationHash),
        coSignBytes: base64(prepared.coSignBytes),
        expiresAtUnixMs: Number(prepared.expiresAtUnixMs),
      };
    },
    approveProposal: (call) => approveProposal(context, call),
    proposeApproverKey: (call) => proposeApproverKey(context, call),
  };
}
