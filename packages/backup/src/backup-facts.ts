import { type Bytes, hexEncode } from '@civitas/canon';
import { FOLDER_HASH_DIGITS } from './limits.ts';

/** What a verified backup holds. */
export interface BackupFacts {
  readonly chainId: string;
  readonly genesisHash: Bytes;
  readonly height: number;
  /** Root of the state after that height, as the header after it certifies. */
  readonly appHash: Bytes;
  readonly recordCount: number;
  readonly byteCount: number;
  readonly chunkCount: number;
  readonly headerCount: number;
}

const HEIGHT_DIGITS = 12;
const FOLDER = new RegExp(`^\\d{${HEIGHT_DIGITS}}-[0-9a-f]{${FOLDER_HASH_DIGITS}}$`);

/** Folder of a backup on a target, `<chain id>/<height>-<front of the app hash>`: equal states have equal folders. */
export function backupFolderOf({ chainId, height, appHash }: Pick<BackupFacts, 'chainId' | 'height' | 'appHash'>): string {
  return `${chainId}/${String(height).padStart(HEIGHT_DIGITS, '0')}-${hexEncode(appHash).slice(0, FOLDER_HASH_DIGITS)}`;
}

/** True for the last segment of a name that backupFolderOf gives. */
export function isBackupFolderName(name: string): boolean {
  return FOLDER.test(name);
}
