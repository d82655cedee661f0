import { createHash } from 'node:crypto';
import { canonicalString, type Json } from '@civitas/canon';
import { browserCrypto } from '@civitas/canon/browser';
import type { AuditEntry } from '@civitas/console-contract';
import { describe, expect, test } from '@jest/globals';
import { checkAuditChain } from './audit-chain.ts';

/** A log of `count` entries as the server chains them, newest first. */
function aLog(count: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  let previous = '0'.repeat(64);
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const entry = {
      sequence,
      at: '2026-11-21T10:00:00Z',
      sub: 'u',
      name: '王丽',
      agency: '',
      action: 'createAgency',
      resource: 'Agency/x',
      stage: 'asked' as const,
      of: 0,
      facts: { b: 1, a: [sequence] },
      previous,
    };
    const hash = createHash('sha256').update(canonicalString(entry)).digest('hex');
    previous = hash;
    entries.unshift({ ...entry, hash });
  }
  return entries;
}

const changed = (entries: readonly AuditEntry[], at: number, some: Partial<AuditEntry>): AuditEntry[] =>
  entries.map((entry, index) => (index === at ? { ...entry, ...some } : entry));

describe('the chain of the audit log', () => {
  test('holds as the server made it', () => {
    expect(checkAuditChain(browserCrypto, aLog(5), true)).toEqual({ ok: true, count: 5, reachesBeginning: true });
    expect(checkAuditChain(browserCrypto, aLog(5).slice(0, 3), true)).toEqual({ ok: true, count: 3, reachesBeginning: false });
    expect(checkAuditChain(browserCrypto, [], true)).toEqual({ ok: true, count: 0, reachesBeginning: false });
  });

  test('breaks at an entry that was changed, taken out, or put in another’s place', () => {
    const log = aLog(5);
    expect(checkAuditChain(browserCrypto, changed(log, 2, { name: 'x' }), true)).toEqual({ ok: false, sequence: 3, why: 'hash' });
    expect(checkAuditChain(browserCrypto, log.toSpliced(2, 1), true)).toEqual({ ok: false, sequence: 4, why: 'sequence' });
    const other = aLog(4)[0];
    expect(
      checkAuditChain(
        browserCrypto,
        other === undefined ? [] : [...log.slice(0, 1), { ...other, ...rehashed(other) }, ...log.slice(2)],
        true,
      ),
    ).toEqual({
      ok: false,
      sequence: 5,
      why: 'previous',
    });
  });

  test('of an agency’s own entries has gaps: only their hashes are checked', () => {
    const some = aLog(5).filter(({ sequence }) => sequence % 2 === 1);
    expect(checkAuditChain(browserCrypto, some, false)).toEqual({ ok: true, count: 3, reachesBeginning: false });
    expect(checkAuditChain(browserCrypto, changed(some, 1, { resource: 'y' }), false)).toMatchObject({ ok: false, why: 'hash' });
  });

  test('begins with zeros', () => {
    const [first] = aLog(1);
    if (first === undefined) throw new Error('an empty log');
    const moved = { ...first, previous: 'a'.repeat(64) };
    expect(checkAuditChain(browserCrypto, [{ ...moved, ...rehashed(moved) }], true)).toEqual({ ok: false, sequence: 1, why: 'previous' });
  });
});

/** The hash of an entry that was changed and chained anew, with another name in it. */
function rehashed(entry: AuditEntry): Pick<AuditEntry, 'hash' | 'name'> {
  const { hash: _old, ...rest } = { ...entry, name: 'y' };
  return {
    name: 'y',
    hash: createHash('sha256')
      .update(canonicalString(rest as object as Json))
      .digest('hex'),
  };
}
