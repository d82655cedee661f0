import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accept, base64urlEncode, commitmentOf, encodeCanonical, type Json, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { DOMAINS, type Domain } from '@civitas/contracts';
import { TestCity } from '@civitas/contracts/testing';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { parseAllDocuments } from 'yaml';
import { Refused } from '../../fault.ts';
import { ensureProfile } from '../../profile/ensure-profile.ts';
import { loadProfile, type NetworkAccess, type Profile } from '../../profile/load-profile.ts';
import type { LedgerClient } from '../../sdk/ledger-client.ts';
import type { Parties } from '../../sdk/parties.ts';
import type { SubjectClient } from '../../sdk/subject-client.ts';
import type { PutRequest, VaultClient } from '../../sdk/vault-client.ts';
import { testGenesis, testLedgerClient } from './test-network.ts';

const SAMPLE = join(import.meta.dirname, '..', '..', '..', '..', 'samples', 'jincheng.yaml');

interface SampleAgency {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly memberships?: readonly { readonly network: string | { readonly name: string }; readonly roles: readonly string[] }[];
  };
}

/** Roles by agency and network, as samples/jincheng.yaml gives them. */
export function sampleRoles(): ReadonlyMap<string, readonly string[]> {
  const roles = new Map<string, readonly string[]>();
  for (const document of parseAllDocuments(readFileSync(SAMPLE, 'utf8'))) {
    const object = document.toJS() as SampleAgency | null;
    if (object?.kind !== 'Agency') continue;
    for (const membership of object.spec.memberships ?? []) {
      const network = typeof membership.network === 'string' ? membership.network : membership.network.name;
      roles.set(`${object.metadata.name}\n${network}`, membership.roles);
    }
  }
  return roles;
}

function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest().subarray(0, 16).toString('base64url');
}

interface StoredField {
  readonly value: Json;
  readonly salt: Uint8Array;
}

/** Vaults and registrar of the test city, without sealing. */
class TestGateways {
  readonly #stored = new Map<string, ReadonlyMap<string, StoredField>>();
  readonly #tokens = new Map<string, { person: string; used: boolean }>();
  readonly #people = new Map<string, string>();
  readonly #city: TestCity;

  constructor(city: TestCity) {
    this.#city = city;
  }

  vault(agency: string): VaultClient {
    const put = async (request: PutRequest) => {
      const reference = request.reference ?? randomBytes(16).toString('base64url');
      const salted = request.fields.map(({ name, value }) => [name, { value, salt: new Uint8Array(randomBytes(32)) }] as const);
      const fields = this.#stored.get(`${agency}\n${reference}`) ?? new Map(salted);
      this.#stored.set(`${agency}\n${reference}`, fields);
      const commit = ({ salt, value }: StoredField): string => base64urlEncode(commitmentOf(nodeCrypto.sha256, salt, value));
      return { reference, commitments: Object.fromEntries([...fields].map(([name, field]) => [name, commit(field)])) };
    };
    const opened = (owner: string, reference: string) =>
      [...(this.#stored.get(`${owner}\n${reference}`) ?? [])].map(([name, { value, salt }]) => ({
        name,
        value,
        salt: base64urlEncode(salt),
      }));
    return {
      put,
      putMany: async (requests) => Promise.all(requests.map(async (request) => accept(await put(request)))),
      open: async (reference) => opened(agency, reference),
      collect: async (custodian, args) => {
        const record = this.#city.ledger('health').read(String(args['accessKey']));
        if (record?.['requester'] !== agency) throw new Refused('collect', { code: 'NOT_FOUND', facts: {}, then: 'drop' });
        const [field] = opened(custodian, String(args['reference']));
        return { value: field?.value ?? null, salt: field?.salt ?? '' };
      },
      erase: async () => null,
      close: () => undefined,
    };
  }

  subjects(agency: string): SubjectClient {
    return {
      assign: async ({ identifier, ledger }) => {
        const subject = idOf('subject', identifier, ledger, agency);
        this.#people.set(subject, identifier);
        return { subject };
      },
      issueLinkToken: async (args: JsonObject) => {
        const token = randomBytes(32).toString('base64url');
        this.#tokens.set(`${String(args['audience'])}\n${String(args['ledger'])}\n${token}`, {
          person: this.#people.get(String(args['citySubject'])) ?? '',
          used: false,
        });
        return { token, tokenHash: '' };
      },
      resolve: async (token) => {
        const found = [...this.#tokens].find(([key]) => key.startsWith(`${agency}\n`) && key.endsWith(`\n${token}`));
        if (found === undefined || found[1].used) throw new Refused('resolve', { code: 'NOT_FOUND', facts: {}, then: 'drop' });
        found[1].used = true;
        return { subject: idOf('subject', found[1].person, found[0].split('\n')[1] ?? '', agency) };
      },
      tieAccount: async ({ identifier }) => ({ citySubject: idOf('subject', identifier, 'jincheng-city-1', agency) }),
      close: () => undefined,
    };
  }
}

function accessOf(chainId: string, agency: string, network: string): NetworkAccess {
  const genesis = testGenesis(chainId);
  const genesisHash = nodeCrypto.sha256(encodeCanonical(genesis));
  const document = {
    schemaVersion: 1,
    network,
    chainId,
    genesisHash: base64urlEncode(genesisHash),
    genesis: '',
    grpc: '',
    vault: '',
    organisation: agency,
    roles: [],
  } as const;
  return { document, genesis, genesisHash, certificatePem: '', authorityPem: '', tlsKeyPem: '' };
}

/** The sample city's parties over ledgers in memory, with real keys in a fresh home. */
export async function openTestParties(): Promise<{ parties: Parties; city: TestCity }> {
  const city = new TestCity(nodeCrypto, { startUnixMs: Date.now() });
  const roles = sampleRoles();
  const home = temporaryFolder('parties');
  const agencies = new Set([...roles.keys()].map((key) => key.split('\n')[0] ?? ''));
  for (const agency of agencies) await ensureProfile(home, agency);
  const gateways = new TestGateways(city);
  const profiles = new Map([...agencies].map((agency) => [agency, loadProfile(home, agency)]));
  const profileOf = (agency: string): Profile => profiles.get(agency) ?? loadProfile(home, agency);
  const ledger = (agency: string, network: string): LedgerClient => {
    const domain: Domain | undefined = DOMAINS.find((name) => name === network);
    const held = roles.get(`${agency}\n${network}`);
    if (domain === undefined || held === undefined) throw new Error(`${agency} is no member of ${network} in samples/jincheng.yaml`);
    return testLedgerClient(
      { city, domain, agency, roles: held, profile: profileOf(agency) },
      accessOf(city.ledger(domain).chainId, agency, network),
    );
  };
  const parties: Parties = {
    home,
    signal: undefined,
    profile: profileOf,
    ledger,
    vault: (agency) => gateways.vault(agency),
    subjects: (agency) => gateways.subjects(agency),
    anyLedger: (network) => ledger([...agencies].find((agency) => roles.has(`${agency}\n${network}`)) ?? '', network),
    close: () => undefined,
  };
  return { parties, city };
}
