import { Type } from '@sinclair/typebox';
import { Block, BlockDetail, LedgerRecord, OperationDetail, SearchHit } from './explorer.ts';
import { Approval, Inbox, NewApproverKey, PreparedApproval, ProposedKey, SignedApproval } from './inbox.ts';
import { SEARCH_CHARS_MAX } from './limits.ts';
import { Packet, PacketProof } from './link.ts';
import { defineRoute } from './route.ts';
import { byName } from './route-parts.ts';
import { closed, hash, name, page, pageQuery } from './shape.ts';

const height = Type.Integer({ description: 'Height.', minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

const ofProposal = closed({
  name: name('LedgerNetwork.'),
  id: Type.String({ description: 'Id on the ledger.', pattern: '^[A-Za-z0-9_-]{1,64}$' }),
});
const governed = ['NOT_FOUND', 'LEDGER_REFUSED', 'LEDGER_UNREACHABLE', 'CLUSTER_UNREACHABLE', 'AUDIT_UNAVAILABLE'] as const;

export const inboxRoutes = {
  getInbox: defineRoute({
    method: 'GET',
    path: '/inbox',
    summary: 'What waits for the caller.',
    verb: 'read',
    resource: 'inbox',
    scope: 'self',
    status: 200,
    answer: Inbox,
    problems: ['CLUSTER_UNREACHABLE'],
  }),
  prepareApproval: defineRoute({
    method: 'POST',
    path: '/networks/:name/proposals/:id/prepare',
    summary: 'Has the gateway of a founding agency make the approval that a person then signs with a key of their own.',
    verb: 'approve',
    resource: 'proposal',
    scope: 'network',
    stepUp: true,
    params: ofProposal,
    body: closed({ agency: name('Founder in whose name.') }),
    status: 200,
    answer: PreparedApproval,
    problems: governed,
  }),
  approveProposal: defineRoute({
    method: 'POST',
    path: '/networks/:name/proposals/:id/approve',
    summary: 'Approves a proposal in the name of a founding agency, with the signature of an approver key.',
    verb: 'approve',
    resource: 'proposal',
    scope: 'network',
    stepUp: true,
    params: ofProposal,
    body: SignedApproval,
    status: 200,
    answer: Approval,
    problems: [...governed, 'IDEMPOTENCY_REUSED'],
  }),
  proposeApproverKey: defineRoute({
    method: 'POST',
    path: '/networks/:name/approver-keys',
    summary: 'Proposes to the members that a person’s key may approve for their agency.',
    verb: 'create',
    resource: 'key',
    scope: 'network',
    stepUp: true,
    params: byName,
    body: NewApproverKey,
    status: 201,
    answer: ProposedKey,
    problems: [...governed, 'IDEMPOTENCY_REUSED'],
  }),
};

const ledger = ['NOT_FOUND', 'LEDGER_REFUSED', 'LEDGER_UNREACHABLE', 'CLUSTER_UNREACHABLE'] as const;

export const explorerRoutes = {
  listBlocks: defineRoute({
    method: 'GET',
    path: '/networks/:name/blocks',
    summary: 'Blocks, newest first.',
    verb: 'read',
    resource: 'ledger',
    scope: 'network',
    params: byName,
    query: closed(pageQuery),
    status: 200,
    answer: page(Block),
    problems: ledger,
  }),
  getBlock: defineRoute({
    method: 'GET',
    path: '/networks/:name/blocks/:height',
    summary: 'One block with its operations.',
    verb: 'read',
    resource: 'ledger',
    scope: 'network',
    params: closed({ name: name('LedgerNetwork.'), height }),
    status: 200,
    answer: BlockDetail,
    problems: ledger,
  }),
  getOperation: defineRoute({
    method: 'GET',
    path: '/networks/:name/operations/:hash',
    summary: 'One operation with its receipt and proof.',
    verb: 'read',
    resource: 'ledger',
    scope: 'network',
    params: closed({ name: name('LedgerNetwork.'), hash: hash('Hash of the operation.') }),
    status: 200,
    answer: OperationDetail,
    problems: ledger,
  }),
  getRecord: defineRoute({
    method: 'GET',
    path: '/networks/:name/records',
    summary: 'One record by key, with its proof.',
    verb: 'read',
    resource: 'ledger',
    scope: 'network',
    params: byName,
    query: closed({ key: Type.String({ description: 'Full key `contract/collection/id`.', minLength: 3, maxLength: 256 }) }),
    status: 200,
    answer: LedgerRecord,
    problems: ledger,
  }),
  listPackets: defineRoute({
    method: 'GET',
    path: '/networks/:name/packets',
    summary: 'Packets that this network has sent and that are on their way.',
    verb: 'read',
    resource: 'ledger',
    scope: 'network',
    params: byName,
    status: 200,
    answer: closed({ items: Type.Array(Packet) }),
    problems: ledger,
  }),
  getPacketProof: defineRoute({
    method: 'GET',
    path: '/networks/:name/packets/:peer/:sequence/proof',
    summary: 'What proves that this network sent a packet.',
    verb: 'read',
    resource: 'ledger',
    scope: 'network',
    params: closed({
      name: name('LedgerNetwork.'),
      peer: Type.String({ description: 'Chain id.', pattern: '^[a-z0-9-]{3,64}$' }),
      sequence: height,
    }),
    status: 200,
    answer: PacketProof,
    problems: ledger,
  }),
  search: defineRoute({
    method: 'GET',
    path: '/search',
    summary: 'Finds blocks by height, operations by hash, records by key, and resources by name.',
    verb: 'read',
    resource: 'ledger',
    scope: 'self',
    query: closed({ q: Type.String({ description: 'What to find.', minLength: 1, maxLength: SEARCH_CHARS_MAX }) }),
    status: 200,
    answer: closed({ items: Type.Array(SearchHit) }),
    problems: ['CLUSTER_UNREACHABLE'],
  }),
};
