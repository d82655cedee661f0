import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '@civitas/canon';
import { rawPublicKey } from '@civitas/canon/node';
import { syncFolder } from '../store/sync-folder.ts';
import { readEd25519Key } from './key-file.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

/** A consensus key that waits to take the place of the present one. */
export interface NextConsensusKey {
  readonly publicKey: Bytes;
  /** From the next start on it is the node's consensus key, and the former one is gone. */
  promote(): void;
}

/**
 * The key that a node makes for a word of its configuration; undefined without one, or when it went on under that word's key already.
 *
 * One rename makes it the node's key: whatever crashes, the volume holds the one or the other, whole. Only then the word is noted, so that
 * a crash between leaves at worst a spare key that nobody asks for.
 */
export function openNextConsensusKey(dataFolder: string, word: string | undefined): NextConsensusKey | undefined {
  const folder = join(dataFolder, 'keys');
  const [next, done] = [join(folder, 'consensus-next.pem'), join(folder, 'rekeyed')];
  if (word === undefined || (existsSync(done) && readFileSync(done, 'utf8') === word)) return undefined;
  return {
    publicKey: rawPublicKey(readEd25519Key(next)),
    promote: () => {
      renameSync(next, join(folder, 'consensus.pem'));
      syncFolder(folder);
      writeFileAtomically(done, Buffer.from(word));
    },
  };
}
