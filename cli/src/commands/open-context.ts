import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { homeFolder } from '../profile/home.ts';
import type { Parties } from '../sdk/parties.ts';
import { createTerminal } from '../terminal/terminal.ts';
import type { CommandContext } from './context.ts';

export interface GlobalOptions {
  readonly home?: string;
  readonly as?: string;
  readonly json?: boolean;
}

/** Fetches certificates for profiles that have none yet, when the cluster can be reached; otherwise the profile says what it lacks. */
async function refreshIfBare(home: string): Promise<void> {
  const { listProfiles } = await import('../profile/load-profile.ts');
  const bare = listProfiles(home).some((agency) => !existsSync(join(home, 'profiles', agency, 'networks')));
  if (!bare) return;
  const { connectCluster, refreshProfiles } = await import('../profile/refresh-profiles.ts');
  try {
    const kube = connectCluster(home);
    await refreshProfiles(home, kube).finally(() => kube.close());
  } catch {
    // The command itself tells what is missing, in its own words.
  }
}

export function openContext(options: GlobalOptions, signal: AbortSignal): CommandContext & { close(): void } {
  const home = options.home ?? homeFolder();
  const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr }, { json: options.json ?? false });
  let opened: Promise<Parties> | undefined;
  const open = async (): Promise<Parties> => {
    await refreshIfBare(home);
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
