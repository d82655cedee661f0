import { join } from 'node:path';
import type { NodeConfig } from '@civitas/deployment';
import { CONSOLE_AUDIENCE, createTokenVerifier } from '@civitas/identity';
import type { Logger } from '@civitas/telemetry';
import type { Admission } from '../admission/admission.ts';
import { openTokenBuckets } from '../admission/token-bucket.ts';
import { CitizenMethods, type Portal } from '../citizen/citizen-methods.ts';
import { ConsentIndex } from '../citizen/consent-index.ts';
import type { NodeKeys } from '../keys/node-keys.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { PERSON_CALLS_BURST, PERSON_CALLS_PER_SECOND, PERSONS_MAX } from '../person/limits.ts';
import { PersonMethods } from '../person/person-methods.ts';
import { followRole } from './follow-role.ts';
import type { Gateways } from './open-gateways.ts';

interface OpenPersonsOptions {
  readonly dataFolder: string;
  readonly config: Pick<NodeConfig, 'persons'>;
  readonly keys: Pick<NodeKeys, 'gateways'>;
  readonly gateways: Pick<Gateways, 'vaults' | 'registrar' | 'asked'>;
  readonly ledger: LedgerHost;
  readonly admission: Pick<Admission, 'submit'>;
  readonly log: Pick<Logger, 'error'>;
}

/** What people do here, each in their organisation's name or in their own. */
export interface Persons {
  readonly persons: PersonMethods | undefined;
  readonly citizens: CitizenMethods | undefined;
  close(): Promise<void>;
}

/** Portals among the organisations hosted here, on a ledger that keeps consents, as they become portals. */
function openPortals({ dataFolder, keys, gateways, ledger, log }: OpenPersonsOptions): {
  readonly portals: ReadonlyMap<string, Portal>;
  readonly close: () => Promise<void>;
} {
  const portals = new Map<string, Portal>();
  const indexes = new Map<string, ConsentIndex>();

  function consentsOf(organisation: string): ConsentIndex {
    const known = indexes.get(organisation);
    if (known !== undefined) return known;
    const consents = new ConsentIndex(join(dataFolder, 'citizens', organisation));
    consents.follow(ledger, log);
    indexes.set(organisation, consents);
    return consents;
  }

  const portal = { ledger, contract: 'city.consent', role: 'portal', organisations: keys.gateways.keys() };
  const stop = followRole(portal, (organisation, isPortal) => {
    const [gateway, vault] = [keys.gateways.get(organisation), gateways.vaults.get(organisation)];
    if (!isPortal) portals.delete(organisation);
    else if (gateway !== undefined && vault !== undefined)
      portals.set(organisation, { gateway, vault, consents: consentsOf(organisation) });
  });
  return {
    portals,
    close: async () => {
      stop();
      await Promise.all([...indexes.values()].map((consents) => consents.close()));
    },
  };
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
  const { portals, close } = openPortals(options);
  return {
    persons: new PersonMethods({ ...shared, gateways: keys.gateways, vaults: gateways.vaults, asked: gateways.asked }),
    citizens: new CitizenMethods({
      ...shared,
      portals,
      get registrar() {
        return gateways.registrar;
      },
    }),
    close,
  };
}
