import { GATHER_MS_MAX } from '../../cli/src/sdk/limits.ts';
import { ORGANISATIONS } from '../../test/consensus/network/birth.ts';
import { startConsensusNetwork } from '../../test/consensus/network/consensus-network.ts';
import { fillStore } from './filled-store.ts';
import { type LoadGenerators, startLoadGenerators } from './load-generators.ts';
import { type LoadFigures, measureCatchUp, measureLoad, measureRestart } from './measure-network.ts';

export interface NetworkBenchOptions {
  readonly validators: number;
  /** Of each long window. */
  readonly seconds: number;
  /** Operations of one organisation that leave together carry one signature. */
  readonly shared: boolean;
  /** Records that are on the ledger before anything is measured. */
  readonly keys: number;
  /** Without what does not depend on load: restart, catch-up, lone operations. */
  readonly loadOnly?: boolean;
  readonly say: (line: string) => void;
}

export interface NetworkFigures {
  /** The highest offered rate of which at least 95 % committed. */
  readonly saturation: LoadFigures;
  readonly closedLoop: LoadFigures;
  readonly halfLoad: LoadFigures;
  readonly tenPerSecond: LoadFigures;
  /** p50 of operations that come one a second. */
  readonly idleCommitMs: number;
  readonly restart: { readonly answersMs: number; readonly caughtUpMs: number } | null;
  readonly catchUp: {
    readonly blocks: number;
    readonly seconds: number;
    readonly operationsPerSecond: number;
    readonly ratioToLive: number;
  } | null;
  readonly fill: { readonly keys: number; readonly seconds: number } | null;
}

/** As every pod has it (operator: pod-defaults). */
const POD_ENVIRONMENT = { NODE_OPTIONS: '--max-semi-space-size=8' };
const SHARED_GROUP = 64;
const COMMITTED_SHARE_MIN = 0.95;
/** Between these shares of what the closed loop reached lies the highest rate that commits. */
const SOUGHT = { low: 0.3, high: 1.1 } as const;
/** Halvings of that range by short windows: 0.8 / 2^4 is a step of 5 %. */
const PROBES = 4;
const PROBE_SECONDS_MAX = 15;
/** Taken off where the long window does not bear what a short one did. */
const BACK_OFF = 0.9;
const BACK_OFFS_MAX = 5;
/** All credits of two load processes at four validators; a peer's window is 8,000. */
const WINDOW_OPERATIONS = 4_096;
/** More than any machine of this bench has reached: bounds what is signed before the first figure is known. */
const FIRST_GUESS_PER_SECOND = 8_000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** What one organisation's SDK gathers under a signature while answers take as long as they do under load. */
function gatheredAt(perSecond: number): number {
  return Math.min(SHARED_GROUP, Math.max(1, Math.round((perSecond / ORGANISATIONS.length) * (GATHER_MS_MAX / 1000))));
}

const warmUpOf = (seconds: number): number => Math.min(30_000, Math.max(2_000, seconds * 500));

type Measured = {
  readonly network: Awaited<ReturnType<typeof startConsensusNetwork>>;
  readonly generators: LoadGenerators;
  readonly validatorCount: number;
  /** Operations that the chain has taken so far, whatever was measured of them. */
  chainOperations: number;
};

async function measured(
  parts: Measured,
  load: Parameters<typeof measureLoad>[1],
  times: Parameters<typeof measureLoad>[2],
): Promise<LoadFigures> {
  const figures = await measureLoad(parts, load, times);
  parts.chainOperations += figures.committedInAll;
  return figures;
}

async function paced(parts: Measured, options: NetworkBenchOptions, perSecond: number, seconds: number): Promise<LoadFigures> {
  const warmUpMs = Math.min(warmUpOf(seconds), seconds * 500);
  const groupSize = options.shared ? gatheredAt(perSecond) : 1;
  await parts.generators.prepare(Math.ceil((perSecond * (warmUpMs + seconds * 1000)) / 1000) + 4 * groupSize + 16, groupSize);
  return measured(parts, { kind: 'open', perSecond }, { warmUpMs, measureMs: seconds * 1000 });
}

async function closedLoop(
  parts: Measured,
  options: NetworkBenchOptions,
  guess: { perSecond: number; seconds: number },
): Promise<LoadFigures> {
  const warmUpMs = warmUpOf(guess.seconds);
  await parts.generators.prepare((guess.perSecond * (warmUpMs + guess.seconds * 1000)) / 1000, options.shared ? SHARED_GROUP : 1);
  return measured(parts, { kind: 'closed', window: WINDOW_OPERATIONS }, { warmUpMs, measureMs: guess.seconds * 1000 });
}

const isBorne = ({ committedShare, operationsPerSecond, offeredPerSecond }: LoadFigures): boolean =>
  committedShare >= COMMITTED_SHARE_MIN && operationsPerSecond >= COMMITTED_SHARE_MIN * offeredPerSecond;

async function offer(parts: Measured, options: NetworkBenchOptions, perSecond: number, seconds: number): Promise<LoadFigures> {
  const figures = await paced(parts, options, perSecond, seconds);
  const { offeredPerSecond, operationsPerSecond, committedShare, commitMs, refusals } = figures;
  options.say(
    `offered ${offeredPerSecond}/s: ${operationsPerSecond}/s, share ${committedShare}, p50 ${commitMs.p50} ms ${JSON.stringify(refusals)}`,
  );
  return figures;
}

/** Short windows halve the range, a long one is the figure. */
async function saturation(parts: Measured, options: NetworkBenchOptions, reached: number): Promise<LoadFigures> {
  let { low, high }: { low: number; high: number } = SOUGHT;
  for (let probe = 0; probe < PROBES; probe++) {
    const middle = (low + high) / 2;
    const probed = await offer(parts, options, reached * middle, Math.min(PROBE_SECONDS_MAX, options.seconds));
    if (isBorne(probed)) low = middle;
    else high = middle;
  }
  let figures = await offer(parts, options, reached * low, options.seconds);
  for (let taken = 0; !isBorne(figures) && taken < BACK_OFFS_MAX; taken++)
    figures = await offer(parts, options, figures.offeredPerSecond * BACK_OFF, options.seconds);
  if (!isBorne(figures)) options.say('no offered rate committed to 95 %: the machine is busy with something else');
  return figures;
}

/** Everything about one network of real validators, from birth to end. */
export async function benchNetwork(options: NetworkBenchOptions): Promise<NetworkFigures> {
  const { validators, seconds, keys, say, loadOnly = false } = options;
  say(`starting ${validators} validators`);
  const filled = keys === 0 ? undefined : await fillStore(keys, say);
  const network = await startConsensusNetwork({
    validators,
    config: { emptyBlockIntervalMs: 5_000 },
    node: () => ({ environment: { ...POD_ENVIRONMENT, ...filled?.environment }, ...filled?.pod }),
  }).catch((error: unknown) => {
    filled?.remove();
    throw error;
  });
  await filled?.written();
  const generators = await startLoadGenerators(network, validators);
  const parts: Measured = { network, generators, validatorCount: validators, chainOperations: 0 };
  const stop = async (): Promise<void> => {
    await generators.stop();
    await network.stop();
    filled?.remove();
  };
  // A bench that is told to end leaves no validators behind.
  const interrupted = (): void => void stop().finally(() => process.exit(1));
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    say('warming up');
    const first = await closedLoop(parts, options, { perSecond: FIRST_GUESS_PER_SECOND, seconds: Math.min(5, seconds) });
    say('10 operations a second');
    const tenPerSecond = await paced(parts, options, 10, Math.min(30, seconds));
    const idle = loadOnly ? undefined : await paced(parts, options, 1, Math.min(15, seconds));
    say('closed loop');
    const closed = await closedLoop(parts, options, {
      perSecond: first.operationsPerSecond * 1.3,
      seconds,
    });
    say(`closed loop: ${closed.operationsPerSecond}/s, p50 ${closed.commitMs.p50} ms`);
    const full = await saturation(parts, options, closed.operationsPerSecond);
    say('half load');
    const halfLoad = await paced(parts, options, full.operationsPerSecond / 2, seconds);
    await generators.stop();
    if (!loadOnly) say('restart and catch-up');
    const restart = loadOnly ? null : await measureRestart(network, validators - 1);
    const caughtUp = loadOnly ? null : await measureCatchUp(network, parts.chainOperations);
    const ratioToLive = Math.round(((caughtUp?.operationsPerSecond ?? 0) / full.operationsPerSecond) * 10) / 10;
    const catchUp = caughtUp === null ? null : { ...caughtUp, ratioToLive };
    const idleCommitMs = (idle ?? tenPerSecond).commitMs.p50;
    return { saturation: full, closedLoop: closed, halfLoad, tenPerSecond, idleCommitMs, restart, catchUp, fill: filled?.fill ?? null };
  } catch (error) {
    process.stderr.write(`${network.logs()}\n`);
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupted);
    await stop();
  }
}
