import { readFileSync } from 'node:fs';

/** Facts of /proc/<pid>/stat; undefined when there is no such process, or only its zombie. */
export function processStatOf(pid: number): { startTicks: string; processGroup: number; session: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold anything: count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { startTicks: fields[19] ?? '', processGroup: Number(fields[2]), session: Number(fields[3]) };
  } catch {
    return undefined;
  }
}
