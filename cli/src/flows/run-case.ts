import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nodeCrypto } from '@civitas/canon/node';
import { type BundleReport, verifyBundle } from '@civitas/proofs';
import { collectEvidence } from '../evidence/collect-evidence.ts';
import { EXIT } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import { seededRandom } from '../samples/random.ts';
import type { Parties } from '../sdk/parties.ts';
import { CaseRun, type Step } from './case-run.ts';
import type { Branch, Flow } from './flow.ts';
import { seriousIllness } from './serious-illness/branches.ts';
import { trafficFine } from './traffic-fine/branches.ts';

export const FLOWS: readonly Flow[] = [seriousIllness, trafficFine];

export interface RunCaseOptions {
  readonly flow: string;
  /** Default `happy`. */
  readonly branch?: string;
  /** Equal seeds give equal people and amounts; ids are fresh each time. */
  readonly seed: number;
  readonly parties: Parties;
  /** Where the bundle goes; default `<home>/cases/<id>.json`. */
  readonly out?: string;
  readonly onStep?: (step: Step) => void;
  /** Account that the case's citizen signs in with, so that they see it in the console. */
  readonly account?: string;
}

export interface CaseResult {
  readonly id: string;
  readonly flow: string;
  readonly branch: string;
  readonly seed: number;
  readonly bundlePath: string;
  readonly bundleBytes: number;
  readonly steps: readonly Step[];
  readonly report: BundleReport;
}

/** @throws Fault FLOW_UNKNOWN or BRANCH_UNKNOWN (usage). */
export function findBranch(flowName: string, branchName: string): { flow: Flow; branch: Branch } {
  const flow = FLOWS.find(({ name }) => name === flowName);
  if (flow === undefined) {
    throw new Fault('FLOW_UNKNOWN', `no flow '${flowName}'; there are: ${FLOWS.map(({ name }) => name).join(', ')}`, {
      exitCode: EXIT.usage,
    });
  }
  const branch = flow.branches.find(({ name }) => name === branchName);
  if (branch === undefined) {
    const names = flow.branches.map(({ name }) => name).join(', ');
    throw new Fault('BRANCH_UNKNOWN', `${flowName} has no branch '${branchName}'; there are: ${names}`, { exitCode: EXIT.usage });
  }
  return { flow, branch };
}

async function exportCase(
  run: CaseRun,
  subject: { kind: string; id: string },
  path: string,
): Promise<{ bytes: number; report: BundleReport }> {
  const capturedAtUnixMs = Date.now();
  const { records, operations } = run;
  const bytes = await collectEvidence({ subject, records, operations, capturedBy: 'civitas case run', capturedAtUnixMs });
  const verified = verifyBundle(nodeCrypto, bytes);
  if (!verified.ok || !verified.value.ok) {
    const why = verified.ok
      ? verified.value.checks.filter(({ outcome }) => outcome === 'failed').map(({ about, reason }) => `${about}: ${reason}`)
      : [verified.refusal.code];
    throw new Fault('BUNDLE_UNVERIFIED', `the exported bundle does not verify: ${why.join('; ')}`, { exitCode: EXIT.unverified });
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes, { mode: 0o600 });
  return { bytes: bytes.length, report: verified.value };
}

/**
 * Plays one random case, every party through its own profile and the public gRPC alone, exports its evidence and verifies it.
 *
 * @throws Refused when a ledger says no where the branch expects yes; Fault BRANCH_UNEXPECTED the other way round, WAIT_TIMED_OUT,
 * BUNDLE_UNVERIFIED.
 */
export async function runCase(options: RunCaseOptions): Promise<CaseResult> {
  const { parties, seed } = options;
  const { flow, branch } = findBranch(options.flow, options.branch ?? 'happy');
  const id = randomBytes(16).toString('base64url');
  const run = new CaseRun({ parties, account: options.account, random: seededRandom(seed), onStep: options.onStep ?? (() => undefined) });
  await branch.play(run);
  const bundlePath = options.out ?? join(parties.home, 'cases', `${id}.json`);
  const { bytes: bundleBytes, report } = await exportCase(run, { kind: `${flow.name}/${branch.name}`, id }, bundlePath);
  return { id, flow: flow.name, branch: branch.name, seed, bundlePath, bundleBytes, steps: run.steps, report };
}
