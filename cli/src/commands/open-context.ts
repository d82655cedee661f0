import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { homeFolder, KUBECONFIG_FILE, READY_FILE } from '../profile/home.ts';
import type { Parties } from '../sdk/parties.ts';
import { createTerminal } from '../terminal/terminal.ts';
import type { CommandContext } from './context.ts';

export interface GlobalOptions {
  readonly home?: string;
  readonly as?: string;
  readonly json?: boolean;
}

/** Fetches certificates where a profile has none or an old one; when the cluster is away, the command says what it lacks itself. */
async function refreshIfDue(home: string): Promise<void> {
  const { listProfiles, loadProfile, needsRefresh } = await import('../profile/load-profile.ts');
  const isDue = listProfiles(home).some((agency) => needsRefresh(loadProfile(home, agency), Date.now()));
  if (!isDue) return;
  const { refreshProfiles, withCluster } = await import('../profile/refresh-profiles.ts');
  try {
    await withCluster(home, (kube) => refreshProfiles(home, kube));
  } catch {
    // The command itself tells what is missing, in its own words.
  }
}

export function openContext(options: GlobalOptions, signal: AbortSignal): CommandContext & { close(): void } {
  const home = options.home ?? homeFolder();
  const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr }, { json: options.json ?? false });
  let opened: Promise<Parties> | undefined;
  const open = async (): Promise<Parties> => {
    const isStopped = existsSync(join(home, KUBECONFIG_FILE)) && !existsSync(join(home, READY_FILE));
    if (isStopped) terminal.note(`civitas: no city is ready at ${home} (npm start starts it); trying for up to a minute`);
    await refreshIfDue(home);
    const { openParties } = await import('../sdk/parties.ts');
    return openParties(home, signal);
  };
  return {
    home,
    as: options.as,
    terminal,
    signal,
    parties: () => (opened ??= open()),
    close: () => void opened?.then((parties) => parties.close()).catch(() => undefined),
  };
}
