import type { WaitingCase, WaitingCases } from '@civitas/console-contract';
import type { PersonCall } from '@civitas/proto/civitas/node/v1/person';
import type { ConsoleContext } from '../context.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { CASES } from './case-kinds.ts';
import type { CaseRule } from './case-rule.ts';
import type { KnownCase, KnownCases } from './known-cases.ts';
import { CASES_AT_ONCE, CASES_LOOKED_AT_MAX } from './limits.ts';
import { readRecords } from './read-case.ts';
import { rolesOf } from './take-step.ts';

type Part = Pick<ConsoleContext, 'caches' | 'view' | 'ledgers'>;

/** Who asks: the networks that they may see, and the agencies in whose name they may carry cases on. */
export interface Asker {
  readonly networks: readonly LedgerNetwork[];
  readonly agencies: readonly string[];
  callFor(agency: string): PersonCall;
}

interface Candidate extends KnownCase {
  readonly at: LedgerNetwork;
  readonly rule: CaseRule;
  readonly agency: string;
  readonly roles: readonly string[];
}

/** A case under each agency that has a role in it. */
function candidatesOf(part: Part, { networks, agencies }: Asker, known: KnownCase): readonly Candidate[] {
  const at = networks.find(({ metadata }) => metadata.name === known.network && metadata.namespace === part.view.namespace());
  const rule = CASES.find(({ domain }) => domain === at?.spec.domain);
  if (at === undefined || rule === undefined) return [];
  return agencies.flatMap((agency) => {
    const roles = rolesOf(part, at, agency);
    return rule.steps.some(({ role }) => roles.includes(role)) ? [{ ...known, at, rule, agency, roles }] : [];
  });
}

/** Read in the agency's name with the person's token: what the ledger does not show them does not stand in their list. */
async function lookAt(part: Part, candidate: Candidate, call: PersonCall): Promise<WaitingCase | 'over' | 'unreachable' | undefined> {
  const { at, rule, id, agency, roles, network, movedAt } = candidate;
  try {
    const { records } = await readRecords(part, { rule, network: at, id, agency, call });
    if (rule.isFinal(records)) return 'over';
    const open = rule.steps.filter((step) => step.carriesOn !== false && roles.includes(step.role) && step.isOffered(records));
    if (open.length === 0) return undefined;
    return { network, id, kind: rule.kind, agency, status: rule.statusOf(records), steps: open.map(({ name }) => name), movedAt };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.code === 'LEDGER_UNREACHABLE' ? 'unreachable' : undefined;
  }
}

/** Cases whose next step the asker's agencies can take, newest first, as their ledgers stand now. */
export async function findWaitingCases(part: Part, known: KnownCases, asker: Asker): Promise<WaitingCases> {
  const all = asker.agencies.length === 0 ? [] : (await known.list()).flatMap((one) => candidatesOf(part, asker, one));
  const items: WaitingCase[] = [];
  const unreachable = new Set<string>();
  const looked = all.slice(0, CASES_LOOKED_AT_MAX);
  for (let from = 0; from < looked.length; from += CASES_AT_ONCE) {
    const some = looked.slice(from, from + CASES_AT_ONCE).filter(({ network }) => !unreachable.has(network));
    const found = await Promise.all(some.map((candidate) => lookAt(part, candidate, asker.callFor(candidate.agency))));
    for (const [index, candidate] of some.entries()) {
      const one = found[index];
      if (one === 'over') known.forget(candidate);
      else if (one === 'unreachable') unreachable.add(candidate.network);
      else if (one !== undefined) items.push(one);
    }
  }
  return { items, unreachable: [...unreachable], isWhole: all.length === looked.length };
}
