import { nodeCrypto } from '@civitas/canon/node';
import { describe, expect, test } from '@jest/globals';
import { MOUNT_REFRESH_AGAIN_MS, MOUNT_REFRESHES_MAX } from './limits.ts';
import { nextMountRefresh, planMountRefresh } from './mount-refresh.ts';
import type { ObservedAnswer, ObservedNode, ObservedPod } from './observed-network.ts';

const { sha256 } = nodeCrypto;
const NOW_UNIX_MS = 1_800_000_000_000;
const AT = { nowUnixMs: NOW_UNIX_MS, sha256 };
const POD: ObservedPod = {
  ...{ name: 'city-0', uid: 'pod-1', ip: '127.0.0.9', running: true, ready: false, deleting: false, finished: false },
  ...{ configHash: undefined, image: undefined },
};
const ANSWER: ObservedAnswer = {
  ...{ phase: 'Serving', chainId: '', genesisHash: '', genesisMismatch: false, height: 0, root: '', signing: false, caughtUp: true },
  ...{ peers: 0, version: '0.1.0', certificateNotAfterUnixMs: 0, unwell: '', halted: false, engineVersion: '', keys: undefined },
  ...{ certificateSetHash: 'first' },
};

function aSeenNode(facts: { answer?: Partial<ObservedAnswer> | null; pod?: Partial<ObservedPod>; certificate?: string }): ObservedNode {
  const certificate = { notAfterUnixMs: 0, renewAtUnixMs: 0, subject: '', hash: facts.certificate ?? 'first' };
  const answer = facts.answer === null ? undefined : { ...ANSWER, ...facts.answer };
  return { ledgerNode: undefined, certificate, pod: { ...POD, ...facts.pod }, answer, address: undefined, heard: true };
}

const NOTHING = { genesis: undefined, peers: undefined };

describe('the kubelet of a pod is told to look at what it mounts', () => {
  test.each([
    ['a genesis that its node waits for', aSeenNode({ answer: { phase: 'AwaitingGenesis' } }), { ...NOTHING, genesis: '{}' }],
    ['peers that its node waits for', aSeenNode({ answer: { phase: 'AwaitingPeers' } }), { ...NOTHING, peers: '{}' }],
    ['a certificate that its node has not taken up', aSeenNode({ certificate: 'second' }), NOTHING],
  ])('when there is %s', (_what, node, mounted) => {
    const [action, ...more] = planMountRefresh(node, mounted, AT);
    expect(action).toMatchObject({ type: 'refreshMounts', name: 'city-0', uid: 'pod-1' });
    expect(more).toEqual([]);
  });

  test.each([
    ['its node has taken up everything', aSeenNode({}), { genesis: '{}', peers: '{}' }],
    ['there is no genesis yet', aSeenNode({ answer: { phase: 'AwaitingGenesis' } }), NOTHING],
    ['it does not run', aSeenNode({ certificate: 'second', pod: { running: false } }), NOTHING],
    ['its node does not answer, and takes everything up when it starts', aSeenNode({ certificate: 'second', answer: null }), NOTHING],
  ])('but not while %s', (_why, node, mounted) => {
    expect(planMountRefresh(node, mounted, AT)).toEqual([]);
  });

  test('again after a pause, for as often as the limit says, and anew for other content', () => {
    const notes: string[] = [];
    let noted: string | undefined;
    for (let ms = 0; ms <= 10 * MOUNT_REFRESH_AGAIN_MS; ms += MOUNT_REFRESH_AGAIN_MS / 4) {
      const next = nextMountRefresh('one', noted, { nowUnixMs: NOW_UNIX_MS + ms, sha256 });
      if (next === undefined) continue;
      notes.push(next);
      noted = next;
    }
    expect(new Set(notes).size).toBe(MOUNT_REFRESHES_MAX);
    expect(nextMountRefresh('two', noted, AT)).toBeDefined();
  });
});
