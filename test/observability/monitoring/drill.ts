import { ALERTS } from '@civitas/telemetry';
import { LateError, waitFor } from '@civitas/testkit';
import { DRILL_PACE, type DrillMonitoring, type Labels } from './drill-monitoring.ts';

/** Beside its own waiting: scrape, evaluation, Alertmanager's group, and a machine that is busy with the fault; s. */
const REACTION_SECONDS = 15;
/** For a loaded machine; what was measured is printed, not asserted, ms. */
const PATIENCE_MS = 180_000;

/** A fault, the alert that must tell of it, and how it goes away. */
export interface Fault {
  readonly fault: string;
  readonly alert: string;
  readonly labels: Labels;
  /** Told in place of what follows where the alert was active before: others may wait for this one. */
  leaveOut?(): void;
  inject(): void | Promise<void>;
  /** While the alert is active: what its runbook's commands show. */
  look?(): Promise<void>;
  cure(): void | Promise<void>;
}

/** One line of the table in docs/benchmarks.md. */
export interface Drilled {
  readonly fault: string;
  readonly alert: string;
  /** At the drill's pace: what the rule waits, and 15 s for scrape, evaluation and Alertmanager. */
  readonly boundSeconds: number;
  readonly firedAfterSeconds: number;
  readonly clearedAfterSeconds: number;
}

/** Injects a fault, waits for its alert at Alertmanager, looks, cures, and waits until it is gone. */
export async function drill(monitoring: DrillMonitoring, fault: Fault): Promise<Drilled> {
  const { alert, labels } = fault;
  const silence = waitFor(`silence of ${alert}`, async () => !(await monitoring.isActive(alert, labels)), PATIENCE_MS);
  await silence.catch((error: unknown) => {
    fault.leaveOut?.();
    throw error;
  });
  const injectedMs = performance.now();
  let firedMs = injectedMs;
  try {
    await fault.inject();
    await waitFor(`${alert} for: ${fault.fault}`, () => monitoring.isActive(alert, labels), PATIENCE_MS);
    firedMs = performance.now();
    await fault.look?.();
  } finally {
    await fault.cure();
  }
  const curedMs = performance.now();
  await waitFor(`end of ${alert} after: ${fault.fault}`, async () => !(await monitoring.isActive(alert, labels)), PATIENCE_MS);
  return {
    fault: fault.fault,
    alert,
    boundSeconds: boundOf(alert),
    firedAfterSeconds: seconds(firedMs - injectedMs),
    clearedAfterSeconds: seconds(performance.now() - curedMs),
  };
}

/** Faults that have nothing to do with each other, side by side; each is cured, whatever becomes of the others. */
export async function drillAll(monitoring: DrillMonitoring, faults: readonly Fault[]): Promise<readonly Drilled[]> {
  const results = await Promise.allSettled(faults.map((fault) => drill(monitoring, fault)));
  const reasons = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
  // What is late is forgiven once; it must not stand before what was seen to be wrong.
  if (reasons.length > 0) throw reasons.find((reason) => !(reason instanceof LateError)) ?? reasons[0];
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

const seconds = (ms: number): number => Number((ms / 1000).toFixed(1));

function boundOf(name: string): number {
  const alert = Object.values(ALERTS)
    .flat()
    .find((one) => one.name === name);
  if (alert === undefined) throw new Error(`there is no alert ${name}`);
  const waits = Object.values(alert.waits ?? {}).reduce((sum, wait) => sum + wait, 0);
  return Number(((alert.forSeconds + waits) / DRILL_PACE.timeScale + REACTION_SECONDS).toFixed(1));
}

/** The table, where a person or a script finds it. */
export function printDrilled(suite: string, drilled: readonly Drilled[]): void {
  process.stderr.write(`${JSON.stringify({ suite, timeScale: DRILL_PACE.timeScale, drilled })}\n`);
}
