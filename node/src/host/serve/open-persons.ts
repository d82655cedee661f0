import type { NodeConfig } from '@civitas/deployment';
import { CONSOLE_AUDIENCE, createTokenVerifier } from '@civitas/identity';
import type { Admission } from '../admission/admission.ts';
import { openTokenBuckets } from '../admission/token-bucket.ts';
import type { NodeKeys } from '../keys/node-keys.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { PERSON_CALLS_BURST, PERSON_CALLS_PER_SECOND, PERSONS_MAX } from '../person/limits.ts';
import { PersonMethods } from '../person/person-methods.ts';

interface OpenPersonsOptions {
  readonly config: Pick<NodeConfig, 'persons'>;
  readonly keys: NodeKeys;
  readonly ledger: LedgerHost;
  readonly admission: Admission;
}

/** What people may do through the gateways here; undefined where the configuration names no identity provider. */
export function openPersons({ config: { persons }, keys, ledger, admission }: OpenPersonsOptions): PersonMethods | undefined {
  if (persons === undefined) return undefined;
  const { issuer, keysUrl } = persons;
  const clock = { nowUnixMs: Date.now };
  return new PersonMethods({
    issuer,
    verifier: createTokenVerifier({ issuer, audience: CONSOLE_AUDIENCE, clock, ...(keysUrl === undefined ? {} : { keysUrl }) }),
    gateways: keys.gateways,
    ledger,
    admission,
    calls: openTokenBuckets({
      perSecond: PERSON_CALLS_PER_SECOND,
      burst: PERSON_CALLS_BURST,
      namesMax: PERSONS_MAX,
      nowMs: () => performance.now(),
    }),
    nowUnixMs: Date.now,
  });
}
