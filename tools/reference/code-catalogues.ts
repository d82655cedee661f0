import { CANON_REFUSALS, type CodeMeanings } from '@civitas/canon';
import { FAULTS, QUARANTINE_REASONS } from '../../cli/src/codes.ts';
import { CODES } from '../../contracts/src/codes.ts';
import { LEDGER_REFUSALS } from '../../node/src/core/ledger/refusal.ts';
import { LINK_REFUSALS } from '../../node/src/core/links/refusal.ts';
import { HOST_REFUSALS } from '../../node/src/host/refusal.ts';
import { BACKUP_FAULTS, BACKUP_REFUSALS } from '../../packages/backup/src/backup-fault.ts';
import { IDENTITY_FAULTS } from '../../packages/identity/src/identity-fault.ts';
import { DIRECTORY_REFUSALS, TOKEN_REFUSALS } from '../../packages/identity/src/refusal.ts';
import { LOCAL_IDENTITY_FAULTS, LOCAL_IDENTITY_REFUSALS } from '../../packages/local-identity/src/codes.ts';
import { PROOFS_REFUSALS } from '../../packages/proofs/src/refusal.ts';
import { SEALED_CALL_REFUSALS } from '../../packages/sealed-call/src/refusal.ts';
import { START_REFUSALS } from '../start/start-refused.ts';

export interface CodeCatalogue {
  readonly title: string;
  readonly about: string;
  readonly codes: CodeMeanings;
}

/** Every code of the product, each in the one place that owns it. */
export const catalogues: readonly CodeCatalogue[] = [
  { title: 'Domains', about: 'Refusals of contracts; `reason` says which rule. Below: the reasons by contract.', codes: CODES },
  {
    title: 'Ledger',
    about: 'Refusals of the ledger itself, by admission before ordering or in a receipt after it.',
    codes: LEDGER_REFUSALS,
  },
  { title: 'Links', about: 'Refusals of the relay’s verbs, of `send`, and of received packets.', codes: LINK_REFUSALS },
  { title: 'Node', about: 'Refusals of the node process: gates, files, vaults. They never stand in a receipt.', codes: HOST_REFUSALS },
  { title: 'Sealed calls', about: 'Refusals of calls between gateways.', codes: SEALED_CALL_REFUSALS },
  { title: 'Proofs', about: 'What a verifier says of headers, proofs, receipts and bundles.', codes: PROOFS_REFUSALS },
  {
    title: 'Backups',
    about: 'What is wrong with a backup, its target or its node; the reason of a LedgerBackup’s conditions.',
    codes: { ...BACKUP_REFUSALS, ...BACKUP_FAULTS },
  },
  { title: 'Tokens', about: 'Why an access token is not taken; whoever sent it gets 401, whatever the code.', codes: TOKEN_REFUSALS },
  {
    title: 'Identity',
    about: 'What the directory of people says no with, and what fails between us and the identity provider.',
    codes: { ...DIRECTORY_REFUSALS, ...IDENTITY_FAULTS },
  },
  { title: 'Encoding', about: 'What the readers of packages/canon say of bytes.', codes: CANON_REFUSALS },
  {
    title: 'Faults of `civitas`',
    about: 'The world failed; the program ends with a code of [exit-codes.md](exit-codes.md).',
    codes: FAULTS,
  },
  { title: 'Quarantine', about: 'Why an item of an ingest was set aside.', codes: QUARANTINE_REASONS },
  {
    title: 'Local identity',
    about: 'What the directory of the local identity says no with, and why the local identity does not run.',
    codes: { ...LOCAL_IDENTITY_REFUSALS, ...LOCAL_IDENTITY_FAULTS },
  },
  { title: '`npm start`', about: 'Why there is no city; exit code 1.', codes: START_REFUSALS },
];
