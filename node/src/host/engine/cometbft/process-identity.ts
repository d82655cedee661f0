import { readFileSync, readlinkSync } from 'node:fs';

/** One process and no other: a pid may be another's later, its start since the machine's boot may not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Since boot, clock ticks. */
  readonly startTicks: string;
  readonly bootId: string;
  /** Pids mean something within a namespace of pids alone. */
  readonly pidNamespace: string;
}

/** Of a process that lives; undefined when there is none, or only its zombie. */
function startTicksOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets and may hold anything: count from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threadCount] = [fields[0], Number(fields[17])];
  // A zombie whose other threads still end holds its files yet.
  if ((state === 'Z' || state === 'X') && threadCount <= 1) return undefined;
  return fields[19];
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const pidNamespace = (): string => readlinkSync('/proc/self/ns/pid');

/** @throws Error where there is no /proc. */
export function ownIdentity(): ProcessIdentity {
  const startTicks = startTicksOf(process.pid);
  if (startTicks === undefined) throw new Error('/proc does not tell when this process started');
  return { pid: process.pid, startTicks, bootId: bootId(), pidNamespace: pidNamespace() };
}

/** Whether the very process lives; one of another boot or namespace is not to be seen from here and counts as gone. */
export function isAlive(process: ProcessIdentity): boolean {
  return process.bootId === bootId() && process.pidNamespace === pidNamespace() && startTicksOf(process.pid) === process.startTicks;
}

/** Reads an identity that another process wrote; undefined for anything else. */
export function parseIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, startTicks, bootId: boot, pidNamespace: namespace } = value as Partial<Record<keyof ProcessIdentity, unknown>>;
  // 0 and below are whole groups of processes to kill(2), 1 is the init of the namespace.
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 1) return undefined;
  if (typeof startTicks !== 'string' || typeof boot !== 'string' || typeof namespace !== 'string') return undefined;
  return { pid, startTicks, bootId: boot, pidNamespace: namespace };
}
