import type { SeededRandom } from '@civitas/testkit';

/** What can be done to a network; README.md says what each is. */
export const FAULT_KINDS = [
  'kill-node',
  'kill-engine',
  'kill-pod',
  'crash-in-block',
  'pause-node',
  'pause-engine',
  'pause-pod',
  'cut',
  'slow',
  'corrupt',
  'reset',
  'node-clock',
  'engine-clock',
  'disk-full',
  'quorum-lost',
  'split',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface PlannedFault {
  readonly kind: FaultKind;
  /** Nodes that it happens to. */
  readonly victims: readonly number[];
  /** 0 … 999: how much of it, where there is a how much. */
  readonly amount: number;
  /** Whether the network is to be whole again before the next fault; else the next one may come while this one's traces last. */
  readonly isAwaited: boolean;
}

export interface ScheduleOptions {
  /** How often each kind happens. */
  readonly deck: Partial<Readonly<Record<FaultKind, number>>>;
  readonly validators: number;
  /** The only node to which a kind can happen, where its process had to be prepared for it. */
  readonly prepared: Partial<Readonly<Record<FaultKind, number>>>;
  readonly random: SeededRandom;
}

export const AMOUNT_PARTS = 1_000;

/** Validators that may fail with the rest still deciding blocks. */
export const failuresMax = (validators: number): number => Math.floor((validators - 1) / 3);

/** Whether the network stands still under a fault. */
export const halts = (kind: FaultKind): boolean => kind === 'quorum-lost' || kind === 'split';

function victimCount(kind: FaultKind, { validators, random }: ScheduleOptions): number {
  if (kind === 'quorum-lost') return failuresMax(validators) + 1;
  if (kind === 'split') return Math.floor(validators / 2);
  return kind === 'kill-pod' || kind === 'pause-pod' || kind === 'cut' ? 1 + random.nextInt(failuresMax(validators)) : 1;
}

/** The faults of one round in order: the same seed gives the same schedule. */
export function scheduleOf(options: ScheduleOptions): readonly PlannedFault[] {
  const { deck, validators, prepared, random } = options;
  const kinds = FAULT_KINDS.flatMap((kind) => Array.from({ length: deck[kind] ?? 0 }, () => kind));
  const nodes = Array.from({ length: validators }, (_, node) => node);
  return random.shuffle(kinds).map((kind) => {
    const only = prepared[kind];
    const victims = only === undefined ? random.shuffle(nodes).slice(0, victimCount(kind, options)) : [only];
    return { kind, victims, amount: random.nextInt(AMOUNT_PARTS), isAwaited: random.nextBoolean() };
  });
}
