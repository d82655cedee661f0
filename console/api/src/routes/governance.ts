import { randomBytes } from 'node:crypto';
import { base64urlDecode, encodeCanonical, type JsonObject, keyIdOf, parseOperation } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { PersonCall, PrepareResponse } from '@civitas/proto/civitas/node/v1/person';
import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { ProblemError } from '../http/problem-error.ts';
import { callLedger } from '../ledger/call-ledger.ts';
import type { Ledger } from '../ledger/ledgers.ts';
import { personCall, submitPrepared } from '../ledger/person-calls.ts';
import { networkFor } from './networks.ts';

const MEMBERS = 'network.members@v1';
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Bytes of a field. @throws ProblemError INVALID. */
function bytesOf(field: string, text: string): Uint8Array {
  const bytes = base64urlDecode(text);
  if (bytes !== undefined) return bytes;
  throw new ProblemError('INVALID', `${field}: not base64url`, { errors: [{ field, code: 'format', detail: 'not base64url' }] });
}

function prepare({ person }: Ledger, call: PersonCall, method: string, args: JsonObject): Promise<PrepareResponse> {
  const idempotencyKey = randomBytes(16);
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

/** What people decide about the network itself, each through the gateway of their agency and with a key of their own. */
export function governanceHandlers(context: ConsoleContext): HandlersOf<'prepareApproval' | 'approveProposal' | 'proposeApproverKey'> {
  return {
    prepareApproval: async ({ principal, params, body, request }) => {
      const ledger = context.ledgers.open(await networkFor(context, principal, params.name));
      const prepared = await prepare(ledger, personCall(request, body.agency), 'approve', { proposal: params.id });
      return {
        body: base64(prepared.body),
        operationHash: hex(prepared.operationHash),
        coSignBytes: base64(prepared.coSignBytes),
        expiresAtUnixMs: Number(prepared.expiresAtUnixMs),
      };
    },
    approveProposal: async ({ principal, params, body: signed, request }) => {
      const ledger = context.ledgers.open(await networkFor(context, principal, params.name));
      const body = bytesOf('body', signed.body);
      assertApproves(body, params.id);
      const keyId = keyIdOf(nodeCrypto.sha256, bytesOf('publicKey', signed.publicKey));
      const coSignatures = [{ keyId, signature: bytesOf('signature', signed.signature) }];
      const resource = `Proposal/${params.name}/${params.id}`;
      const facts = { keyId, ...(signed.reason === undefined ? {} : { reason: signed.reason }) };
      const deed = { principal, action: 'approveProposal', agency: signed.agency, resource, facts };
      const { receipt, operationHash } = await audited(context, deed, () =>
        submitPrepared(ledger, personCall(request, signed.agency), { body, coSignatures }),
      );
      const result = receipt.outcome.ok ? receipt.outcome.result : undefined;
      const status: unknown = typeof result === 'object' && result !== null ? Reflect.get(result, 'status') : undefined;
      return {
        proposal: params.id,
        status: status === 'applied' || status === 'failed' ? status : 'open',
        operationHash,
        height: receipt.height,
      };
    },
    proposeApproverKey: async ({ principal, params, body: asked, request }) => {
      const ledger = context.ledgers.open(await networkFor(context, principal, params.name));
      const { agency, publicKey, label } = asked;
      const keyId = keyIdOf(nodeCrypto.sha256, bytesOf('publicKey', publicKey));
      const proposal = `key-${keyId.slice(0, 22)}-${randomBytes(6).toString('hex')}`;
      const change = { kind: 'addKeys', organisation: agency, keys: [{ publicKey, use: 'approver', label }] };
      const deed = { principal, action: 'proposeApproverKey', agency, resource: `Key/${params.name}/${keyId}`, facts: { label, proposal } };
      const call = personCall(request, agency);
      const { receipt, operationHash } = await audited(context, deed, async () => {
        const { body } = await prepare(ledger, call, 'propose', { id: proposal, change });
        return submitPrepared(ledger, call, { body, coSignatures: [] });
      });
      return { proposal, keyId, operationHash, height: receipt.height };
    },
  };
}
