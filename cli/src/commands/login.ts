import { EXIT, type ExitCode } from '../exit-codes.ts';
import { listProfiles, loadProfile } from '../profile/load-profile.ts';
import { refreshProfiles, withCluster } from '../profile/refresh-profiles.ts';
import type { CommandContext } from './context.ts';

/** Fetches the newest certificates of every profile and lists them. */
export async function loginCommand(context: CommandContext): Promise<ExitCode> {
  const { home, terminal } = context;
  await withCluster(home, (kube) => refreshProfiles(home, kube));
  const profiles = listProfiles(home).map((agency) => loadProfile(home, agency));
  const rows = profiles.map(({ agency, networks, keyId }) => [agency, [...networks.keys()].join(', ') || 'none yet', keyId]);
  terminal.table(['profile', 'networks', 'operation key id'], rows);
  terminal.result(profiles.map(({ agency, networks, keyId }) => ({ agency, networks: [...networks.keys()], keyId })));
  return EXIT.ok;
}
