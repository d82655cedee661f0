import { type CryptoPort, encodeCanonical, hexEncode, type Json } from '@civitas/canon';
import type { AuditEntry } from '@civitas/console-contract';

/** What reading the chain came to: the entries hold together, or where they first do not. */
export type ChainCheck =
  | { readonly ok: true; readonly count: number; readonly reachesBeginning: boolean }
  | { readonly ok: false; readonly sequence: number; readonly why: 'hash' | 'previous' | 'sequence' };

const FIRST_PREVIOUS = '0'.repeat(64);

/**
 * Checks entries of the audit log, newest first as the API lists them: each hash is that of its entry, and each names the one before.
 *
 * @param isWhole Whether entries between these may be missing, because the caller sees only some of the log: then only hashes are checked.
 */
export function checkAuditChain(crypto: CryptoPort, entries: readonly AuditEntry[], isWhole: boolean): ChainCheck {
  for (const [index, entry] of entries.entries()) {
    const { hash, ...hashed } = entry;
    if (hexEncode(crypto.sha256(encodeCanonical(hashed as object as Json))) !== hash)
      return { ok: false, sequence: entry.sequence, why: 'hash' };
    const before = entries[index + 1];
    if (!isWhole || before === undefined) continue;
    if (before.sequence !== entry.sequence - 1) return { ok: false, sequence: entry.sequence, why: 'sequence' };
    if (before.hash !== entry.previous) return { ok: false, sequence: entry.sequence, why: 'previous' };
  }
  const oldest = entries.at(-1);
  if (oldest?.sequence === 1 && oldest.previous !== FIRST_PREVIOUS) return { ok: false, sequence: 1, why: 'previous' };
  return { ok: true, count: entries.length, reachesBeginning: isWhole && oldest?.sequence === 1 };
}
