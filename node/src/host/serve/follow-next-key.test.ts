import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlEncode } from '@civitas/canon';
import { rawPublicKey } from '@civitas/canon/node';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readEd25519Key } from '../keys/key-file.ts';
import { openNextConsensusKey } from '../keys/next-consensus-key.ts';
import type { CommittedBlock } from '../ledger/ledger-host.ts';
import type { ValidatorStanding } from '../ledger/validator-view.ts';
import { followNextKey } from './follow-next-key.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'next-key-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const consensusKey = (): string => base64urlEncode(rawPublicKey(readEd25519Key(join(folder, 'keys', 'consensus.pem'))));

function aLedger() {
  const listeners = new Set<(block: CommittedBlock) => void>();
  const state = { standings: [] as ValidatorStanding[] };
  const ledger = {
    validators: {
      all: () => state.standings,
      quorum: () => ({ validatorCount: 0, totalPower: 0, neededPower: 1, failuresMax: 0 }),
      misbehaviour: () => [],
      misbehaviourCounts: () => ({ inSet: 0, removed: 0, unknown: 0 }),
    },
    onCommit: (listener: (block: CommittedBlock) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const says = (publicKey: string, standing: ValidatorStanding['standing']): void => {
    const place = { address: 'aa', publicKey, power: 10, node: 'health-1', organisation: 'hospital-1', sinceHeight: 9, untilHeight: 0 };
    state.standings = [{ ...place, standing, misbehaviourCount: 0 }];
    for (const listener of listeners) listener({} as CommittedBlock);
  };
  return { ledger, says, listeners };
}

function follow(word: string | undefined) {
  const { ledger, says, listeners } = aLedger();
  const next = openNextConsensusKey(folder, word);
  const ended: string[] = [];
  const events: string[] = [];
  followNextKey({ ledger, next, log: { warn: (event) => void events.push(event) }, onPromoted: ({ message }) => void ended.push(message) });
  return { next, says, listeners, ended, events };
}

test('a node goes on under the key of a word once it signs the next block, once, and the former key is gone', () => {
  const former = consensusKey();
  const { next, says, listeners, ended, events } = follow('w1');
  const publicKey = base64urlEncode(next?.publicKey ?? new Uint8Array(0));
  expect(publicKey).not.toBe(former);
  says(former, 'active');
  says(publicKey, 'joining');
  expect([consensusKey(), ended]).toEqual([former, []]);
  says(publicKey, 'active');
  expect([consensusKey(), listeners.size, events]).toEqual([publicKey, 0, ['consensus-key-changed']]);
  expect(ended).toEqual(['the node goes on under its next consensus key: it must start again']);
  expect(existsSync(join(folder, 'keys', 'consensus-next.pem'))).toBe(false);
  expect(openNextConsensusKey(folder, 'w1')).toBeUndefined();
  expect(base64urlEncode(openNextConsensusKey(folder, 'w2')?.publicKey ?? new Uint8Array(0))).not.toBe(publicKey);
});

test('what was decided while it was down it finds at its start, and without a word there is no key', () => {
  consensusKey();
  const publicKey = base64urlEncode(openNextConsensusKey(folder, 'w1')?.publicKey ?? new Uint8Array(0));
  const { ledger, says } = aLedger();
  says(publicKey, 'active');
  const ended: string[] = [];
  followNextKey({
    ledger,
    next: openNextConsensusKey(folder, 'w1'),
    log: { warn: () => undefined },
    onPromoted: () => void ended.push('ended'),
  });
  expect([consensusKey(), ended]).toEqual([publicKey, ['ended']]);
  expect(openNextConsensusKey(folder, undefined)).toBeUndefined();
  expect(follow(undefined).listeners.size).toBe(0);
});

test('a key that cannot take its place ends the process all the same', () => {
  consensusKey();
  const { next, says, ended } = follow('w1');
  rmSync(join(folder, 'keys', 'consensus-next.pem'));
  mkdirSync(join(folder, 'keys', 'rekeyed'));
  says(base64urlEncode(next?.publicKey ?? new Uint8Array(0)), 'active');
  expect(ended).toEqual(['the next consensus key could not take its place']);
});
