import { Fault } from '../fault.ts';
import { listProfiles, loadProfile, type Profile } from '../profile/load-profile.ts';
import { type LedgerClient, openLedgerClient } from './ledger-client.ts';
import { openSubjectClient, type SubjectClient } from './subject-client.ts';
import { openVaultClient, type VaultClient } from './vault-client.ts';

/** The organisations of this machine, each with its own credentials and connections; opened when first used. */
export interface Parties {
  readonly home: string;
  readonly signal: AbortSignal | undefined;
  profile(agency: string): Profile;
  ledger(agency: string, network: string): LedgerClient;
  vault(agency: string, network: string): VaultClient;
  /** The registrar's SubjectService, called by this agency over `city`. */
  subjects(agency: string): SubjectClient;
  /** Any profile that reaches the network. @throws Fault PROFILE_WITHOUT_NETWORK. */
  anyLedger(network: string): LedgerClient;
  close(): void;
}

/** Organisation with role registrar on `city` in the sample city. */
export const REGISTRAR = 'civil-affairs';

function memo<T>(make: (agency: string, network: string) => T): { get(agency: string, network: string): T; all(): Iterable<T> } {
  const made = new Map<string, T>();
  return {
    get(agency, network) {
      const key = `${agency}\n${network}`;
      const value = made.get(key) ?? make(agency, network);
      made.set(key, value);
      return value;
    },
    all: () => made.values(),
  };
}

function unreachable(network: string, profiles: readonly Profile[]): Fault {
  const known = [...new Set(profiles.flatMap(({ networks }) => [...networks.keys()]))].sort();
  const there = known.length === 0 ? 'none is known here yet: is the city started (npm start)?' : `there are: ${known.join(', ')}`;
  return new Fault('PROFILE_WITHOUT_NETWORK', `no credential profile of this machine reaches network '${network}'; ${there}`);
}

export function openParties(home: string, signal?: AbortSignal): Parties {
  const profiles = memo((agency) => loadProfile(home, agency));
  const profile = (agency: string): Profile => profiles.get(agency, '');
  const ledgers = memo((agency, network) => openLedgerClient(profile(agency), network, signal));
  const vaults = memo((agency, network) => openVaultClient(profile(agency), ledgers.get(agency, network), signal));
  const registrars = memo((agency) => openSubjectClient(profile(agency), ledgers.get(agency, 'city'), REGISTRAR, signal));
  return {
    home,
    signal,
    profile,
    ledger: (agency, network) => ledgers.get(agency, network),
    vault: (agency, network) => vaults.get(agency, network),
    subjects: (agency) => registrars.get(agency, ''),
    anyLedger(network) {
      const agency = listProfiles(home).find((name) => profile(name).networks.has(network));
      if (agency === undefined) throw unreachable(network, listProfiles(home).map(profile));
      return ledgers.get(agency, network);
    },
    close() {
      for (const group of [vaults, registrars, ledgers]) for (const client of group.all()) client.close();
    },
  };
}
