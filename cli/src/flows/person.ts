import { createPrivateKey, type KeyObject, randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { base64urlEncode, type JsonObject } from '@civitas/canon';
import { nodeCrypto, rawPublicKey, signEd25519 } from '@civitas/canon/node';
import { newEd25519Pem, PROFILE_FILES, readOrCreate } from '../profile/profile-files.ts';
import { generatePerson, IDENTITY_SYSTEM, type Person, renumbered } from '../samples/people.ts';
import { seededRandom } from '../samples/random.ts';
import type { CaseRun } from './case-run.ts';
import { citizenSignBytes } from './citizen-sign-bytes.ts';

export const PORTAL = 'citizen-portal';

/** A citizen as the portal holds them: their city subject and the key it keeps for them. */
export interface Citizen {
  readonly person: Person;
  readonly subject: string;
  readonly key: KeyObject;
  readonly keyId: string;
}

/** 16 bytes, base64url: an id nobody chose. */
export function freshId(): string {
  return randomBytes(16).toString('base64url');
}

/** 32 bytes, base64url. */
export function freshNonce(): string {
  return randomBytes(32).toString('base64url');
}

/** Signs a document as the citizen; base64url. */
export function citizenSignature(
  citizen: Pick<Citizen, 'key'>,
  domain: 'consent' | 'dispute' | 'key-binding',
  document: JsonObject,
): string {
  return base64urlEncode(signEd25519(citizen.key, citizenSignBytes(domain, document)));
}

/** How the registrar knows a person. */
export function identityOf(person: Person): { readonly system: string; readonly identifier: string } {
  return { system: IDENTITY_SYSTEM, identifier: person.identityNumber };
}

async function bindKey(run: CaseRun, citizen: Citizen, chainId: string): Promise<void> {
  const publicKey = base64urlEncode(rawPublicKey(citizen.key));
  const binding = { class: 'custodial', portal: PORTAL, publicKey, subject: citizen.subject };
  const signature = citizenSignature(citizen, 'key-binding', { chainId, ...binding });
  await run.submit(
    'The registrar binds the key that the portal keeps for the citizen',
    { agency: 'civil-affairs', network: 'city' },
    {
      contract: 'city.identity@v1',
      method: 'bindKey',
      role: 'registrar',
      args: { ...binding, signature },
    },
  );
}

/** Makes an invented citizen known: subject id at the portal, registration, and a custodial key. */
export async function introduceCitizen(run: CaseRun): Promise<Citizen> {
  const person = renumbered(generatePerson(run.random), seededRandom(randomInt(2 ** 47)));
  const city = run.parties.ledger(PORTAL, 'city');
  const seat = { agency: PORTAL, network: 'city' };
  const assigned = await run.privately('The portal asks the registrar for the citizen’s city subject id', seat, () =>
    run.parties.subjects(PORTAL).assign({ ...identityOf(person), ledger: city.chainId }),
  );
  const subject = assigned.citySubject ?? assigned.subject;
  const { account } = run;
  if (account !== undefined)
    await run.privately('The portal has seen who the citizen is, and ties their account', seat, () =>
      run.parties.subjects(PORTAL).tieAccount({ ...identityOf(person), account }),
    );
  const file = join(run.parties.profile(PORTAL).folder, PROFILE_FILES.citizenKeys, `${subject}.key`);
  const key = createPrivateKey(readOrCreate(file, newEd25519Pem));
  const keyId = base64urlEncode(nodeCrypto.sha256(rawPublicKey(key)));
  const citizen = { person, subject, key, keyId };
  await run.submit(
    'The registrar registers the subject',
    { agency: 'civil-affairs', network: 'city' },
    {
      contract: 'city.identity@v1',
      method: 'register',
      role: 'registrar',
      args: { subject, custodian: PORTAL, kind: 'person' },
    },
  );
  await bindKey(run, citizen, city.chainId);
  return citizen;
}
