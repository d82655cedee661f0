import { aKeyPair } from '@civitas/testkit';
import { type VaultRecord, VaultStore } from './vault-store.ts';

/** Subjects that live at one time. */
export const SUBJECTS = 3;

export function openTestVault(folder: string): VaultStore {
  const vaultKey = new Uint8Array(32).fill(1);
  return new VaultStore({ folder, organisation: 'hospital-1', vaultKey, signer: aKeyPair('hospital-1'), nowUnixMs: () => 5 });
}

/** Of a reference `<round>-<number>-<rest>`: who was erased is followed by somebody else two rounds later. */
export function subjectOf(reference: string): string {
  const [round = '0', number = '0'] = reference.split('-');
  return `s${number}-${Math.floor(Number(round) / (2 * SUBJECTS))}`;
}

/** What is stored under a reference: a few bytes or several sectors. */
export function recordOf(reference: string): VaultRecord {
  const document = reference.endsWith('b') ? Buffer.from(`document of ${reference} `.repeat(60)).toString('base64url') : '';
  return { subject: subjectOf(reference), collection: 'results', fields: [{ name: 'result', value: `value of ${reference}` }], document };
}
