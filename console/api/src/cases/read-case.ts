import { isJsonObject, type JsonObject } from '@civitas/canon';
import type { CaseDetail, CaseStage, Packet } from '@civitas/console-contract';
import type { PersonCall } from '@civitas/proto/civitas/node/v1/person';
import type { ConsoleContext } from '../context.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { callLedger } from '../ledger/call-ledger.ts';
import { PACKETS_MAX } from '../ledger/limits.ts';
import { objectOf, packetOf } from '../ledger/packet-view.ts';
import { formOf } from './case-form.ts';
import { type CaseListRule, type CaseRule, type CaseStageRule, type Records, textOf } from './case-rule.ts';
import { EVENTS_SHOWN_MAX } from './limits.ts';
import { networkOfDomain } from './step-desk.ts';
import { fineIdOf } from './traffic-fine.ts';

/** A case, and in whose name it is read. */
export interface CaseOf {
  readonly rule: CaseRule;
  readonly network: LedgerNetwork;
  readonly id: string;
  readonly agency: string;
  readonly call: PersonCall;
}

const EMPTY = new Uint8Array(0);

type Part = Pick<ConsoleContext, 'caches' | 'view' | 'ledgers'>;

/** What happened to a record, as its history or its events say. */
function historyOf(record: JsonObject): CaseStage['history'] {
  const lines = record['history'] ?? record['events'];
  if (!Array.isArray(lines)) return [];
  return lines
    .filter(isJsonObject)
    .slice(-EVENTS_SHOWN_MAX)
    .map((line) => ({
      event: textOf(line, 'event'),
      by: textOf(line, 'by'),
      atUnixMs: Number(line['atUnixMs'] ?? line['onUnixMs'] ?? 0),
      height: Number(line['height'] ?? 0),
    }));
}

const empty = (rule: CaseStageRule, network: string, key: string, state: CaseStage['state']): CaseStage => ({
  name: rule.name,
  network,
  key,
  state,
  status: '',
  history: [],
});

async function readStage(part: Part, of: CaseOf, rule: CaseStageRule, records: Records): Promise<{ stage: CaseStage; value?: JsonObject }> {
  const network = networkOfDomain(part, of.network, of.agency, rule.domain);
  const key = rule.keyOf(of.id, records) ?? '';
  if (network === undefined) return { stage: empty(rule, '', key, 'hidden') };
  const { name } = network.metadata;
  if (key === '') return { stage: empty(rule, name, key, 'waiting') };
  try {
    const { person } = part.ledgers.open(network);
    const found = await callLedger(person.readAs.bind(person), { call: of.call, key });
    if (!found.found) return { stage: empty(rule, name, key, 'waiting') };
    const value = objectOf(found.value);
    const proof = Buffer.from(found.proof).toString('utf8');
    const lightBlock = Buffer.from(found.lightBlock).toString('base64url');
    const record = { network: name, key, value, proof, headerHeight: Number(found.headerHeight), lightBlock };
    const stage = { ...empty(rule, name, key, 'there'), status: textOf(value, 'status'), history: historyOf(value), record };
    return { stage, value };
  } catch (error) {
    // Without its first record there is no case to show.
    if (!(error instanceof ProblemError) || rule === of.rule.stages[0]) throw error;
    if (error.reason === 'NOT_AUTHORISED') return { stage: empty(rule, name, key, 'hidden') };
    if (error.code === 'LEDGER_UNREACHABLE') return { stage: empty(rule, name, key, 'unreachable') };
    throw error;
  }
}

/** Packets of this case on their way: those that name one of its records. */
async function packetsOf(part: Part, of: CaseOf, networks: readonly LedgerNetwork[], names: readonly string[]): Promise<Packet[]> {
  const found: Packet[] = [];
  for (const network of networks) {
    const { link } = part.ledgers.open(network);
    for (const { spec } of networks.filter((one) => one !== network)) {
      const peer = spec.chainId;
      const { packets } = await callLedger(link.outbox.bind(link), { peer, afterSequence: 0n, limit: PACKETS_MAX });
      const ours = packets.filter(({ packet }) => names.some((name) => name !== '' && Buffer.from(packet).includes(name)));
      found.push(...ours.map((entry) => packetOf({ network: network.metadata.name, peer, nowUnixMs: Date.now() }, entry)));
    }
  }
  return found;
}

/** Packets only add to the answer: a ledger that does not answer takes nothing else away. */
async function glanceAtPackets(...asked: Parameters<typeof packetsOf>): Promise<Packet[]> {
  try {
    return await packetsOf(...asked);
  } catch (error) {
    if (error instanceof ProblemError) return [];
    throw error;
  }
}

/** Records of a case, one after the other: where a later one lies follows from an earlier one. */
async function readStages(part: Part, of: CaseOf): Promise<{ stages: CaseStage[]; records: Records }> {
  const stages: CaseStage[] = [];
  const records: Record<string, JsonObject | undefined> = {};
  for (const rule of of.rule.stages) {
    const { stage, value } = await readStage(part, of, rule, records);
    stages.push(stage);
    records[rule.name] = value;
  }
  return { stages, records };
}

/** What a contract lists for the agency: it only adds to what may be done, so a refusal takes nothing else away. */
async function readList(part: Part, of: CaseOf, { contract, view }: CaseListRule): Promise<JsonObject | undefined> {
  const { person } = part.ledgers.open(of.network);
  try {
    const { result } = await callLedger(person.viewAs.bind(person), { call: of.call, contract, view, args: EMPTY });
    return objectOf(result);
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

/** @throws ProblemError NOT_FOUND for a case that is not on its ledger. */
export async function readRecords(part: Part, of: CaseOf): Promise<{ stages: CaseStage[]; records: Records }> {
  const read = await readStages(part, of);
  if (read.stages[0]?.state !== 'there') throw new ProblemError('NOT_FOUND', `there is no case ${of.id} on ${of.network.metadata.name}`);
  const lists = of.rule.lists ?? [];
  const listed = await Promise.all(lists.map(async (list) => [list.name, await readList(part, of, list)] as const));
  return { stages: read.stages, records: { ...read.records, ...Object.fromEntries(listed) } };
}

/**
 * A case as one of its agencies sees it.
 *
 * @throws ProblemError NOT_FOUND for one that is not there, LEDGER_REFUSED where its first ledger does not show it, LEDGER_UNREACHABLE.
 */
export async function readCase(part: Part, of: CaseOf, roles: readonly string[]): Promise<CaseDetail> {
  const { rule, network, id, agency } = of;
  const { stages, records } = await readRecords(part, of);
  const networks = [...new Set(rule.stages.flatMap((stage) => networkOfDomain(part, network, agency, stage.domain) ?? []))];
  const names = [id, fineIdOf(id), ...stages.map(({ key }) => key.split('/').at(-1) ?? '')];
  const packets = await glanceAtPackets(part, of, networks, names);
  const forms = rule.steps.filter((step) => roles.includes(step.role) && step.isOffered(records)).map((step) => formOf(step, records));
  const head = { network: network.metadata.name, id, kind: rule.kind, agency };
  return { ...head, status: rule.statusOf(records), isFinal: rule.isFinal(records), stages, packets, forms };
}
