import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { StartRefused } from './start-refused.ts';

/**
 * Makes sure that a listener can be opened, before anything is started.
 *
 * @throws StartRefused (PORT_TAKEN) naming the process that holds the port, as far as /proc shows it.
 */
export async function assertPortFree(address: string, port: number): Promise<void> {
  const taken = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(error));
    probe.listen({ host: address, port, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
  if (taken === undefined) return;
  if (taken.code !== 'EADDRINUSE') throw taken;
  throw new StartRefused(
    'PORT_TAKEN',
    `port ${port} on ${address} is taken by ${findPortHolder(port) ?? 'a process of another user'}.\n` +
      'Stop that process, or choose another port: npm start -- --port 7443',
  );
}

/** `name (pid N)` of a process that listens on a TCP port; undefined when none is visible to this user. */
export function findPortHolder(port: number): string | undefined {
  const inodes = new Set([...listeningInodes('/proc/net/tcp', port), ...listeningInodes('/proc/net/tcp6', port)]);
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      for (const descriptor of readdirSync(`/proc/${entry}/fd`)) {
        const match = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${entry}/fd/${descriptor}`));
        if (match?.[1] !== undefined && inodes.has(match[1])) return `${commandOf(entry)} (pid ${entry})`;
      }
    } catch {
      // The process ended meanwhile, or belongs to another user.
    }
  }
  return undefined;
}

function listeningInodes(table: string, port: number): readonly string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  let text = '';
  try {
    text = readFileSync(table, 'utf8');
  } catch {
    return [];
  }
  const LISTEN = '0A';
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${wanted}`) === true && fields[3] === LISTEN)
    .map((fields) => fields[9] ?? '');
}

function commandOf(pid: string): string {
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    .split('\0')
    .filter((part) => part !== '');
  return command.slice(0, 3).join(' ') || readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}
