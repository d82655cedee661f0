import { join } from 'node:path';
import type { NodeConfig } from '@civitas/deployment';
import { CONSOLE_AUDIENCE, createTokenVerifier } from '@civitas/identity';
import type { Admission } from '../admission/admission.ts';
import { openTokenBuckets } from '../admission/token-bucket.ts';
import { CitizenMethods, type Portal } from '../citizen/citizen-methods.ts';
import { ConsentIndex } from '../citizen/consent-index.ts';
import type { NodeKeys } from '../keys/node-keys.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { PERSON_CALLS_BURST, PERSON_CALLS_PER_SECOND, PERSONS_MAX } from '../person/limits.ts';
import { type AskedMethods, PersonMethods } from '../person/person-methods.ts';
import type { Gateways } from './open-gateways.ts';

interface OpenPersonsOptions {
  readonly dataFolder: string;
  readonly config: Pick<NodeConfig, 'persons'>;
  readonly keys: NodeKeys;
  readonly gateways: Pick<Gateways, 'byOrganisation' | 'vaults' | 'registrar'>;
  readonly ledger: LedgerHost;
  readonly admission: Admission;
}

/** What people do here, each in their organisation's name or in their own. */
export interface Persons {
  readonly persons: PersonMethods | undefined;
  readonly citizens: CitizenMethods | undefined;
  close(): Promise<void>;
}

const PORTAL_ROLE = 'portal';
const CONSENT_CONTRACT = 'city.consent@';

/** Portals among the organisations hosted here, on a ledger that keeps consents. */
function openPortals({
  dataFolder,
  keys,
  gateways,
  ledger,
}: OpenPersonsOptions): Map<string, Portal & { readonly consents: ConsentIndex }> {
  const portals = new Map<string, Portal & { readonly consents: ConsentIndex }>();
  if (!ledger.genesis.appState.contracts.some((name) => name.startsWith(CONSENT_CONTRACT))) return portals;
  for (const [organisation, gateway] of keys.gateways) {
    const vault = gateways.vaults.get(organisation);
    const roles = ledger.members.findOrganisation(organisation)?.roles ?? [];
    if (vault === undefined || !roles.includes(PORTAL_ROLE)) continue;
    const consents = new ConsentIndex(join(dataFolder, 'citizens', organisation));
    consents.follow(ledger);
    portals.set(organisation, { gateway, vault, consents });
  }
  return portals;
}

/** What each gateway here does for the people of others. */
function askedOf({ byOrganisation, registrar }: OpenPersonsOptions['gateways']): Map<string, AskedMethods> {
  return new Map(
    [...byOrganisation].map(([organisation, { methods }]) => {
      const { Assign, IssueLinkToken, Collect } = methods;
      const subjects = { Assign, IssueLinkToken, Resolve: registrar?.resolveAgain };
      const asked = Assign === undefined ? { Collect } : { Collect, ...subjects };
      return [organisation, Object.fromEntries(Object.entries(asked).filter(([, method]) => method !== undefined))] as const;
    }),
  );
}

/** What people may do through the gateways here; nothing where the configuration names no identity provider. */
export function openPersons(options: OpenPersonsOptions): Persons {
  const { persons } = options.config;
  if (persons === undefined) return { persons: undefined, citizens: undefined, close: async () => undefined };
  const { keys, gateways, ledger, admission } = options;
  const { issuer, keysUrl } = persons;
  const clock = { nowUnixMs: Date.now };
  const shared = {
    issuer,
    verifier: createTokenVerifier({ issuer, audience: CONSOLE_AUDIENCE, clock, ...(keysUrl === undefined ? {} : { keysUrl }) }),
    ledger,
    admission,
    calls: openTokenBuckets({
      perSecond: PERSON_CALLS_PER_SECOND,
      burst: PERSON_CALLS_BURST,
      namesMax: PERSONS_MAX,
      nowMs: () => performance.now(),
    }),
    nowUnixMs: Date.now,
  };
  const portals = openPortals(options);
  return {
    persons: new PersonMethods({ ...shared, gateways: keys.gateways, vaults: gateways.vaults, asked: askedOf(gateways) }),
    citizens: new CitizenMethods({ ...shared, portals, registrar: gateways.registrar }),
    close: async () => {
      await Promise.all([...portals.values()].map(({ consents }) => consents.close()));
    },
  };
}
