import { base64urlEncode, type Sha256, utf8Encode } from '@civitas/canon';
import { hasTakenUp } from './certificate-plan.ts';
import { MOUNT_REFRESH_AGAIN_MS, MOUNT_REFRESHES_MAX } from './limits.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedNode } from './observed-network.ts';

/**
 * A kubelet looks at mounted ConfigMaps and Secrets about once a minute, and at once when its pod changes: an annotation on the pod makes
 * it look. Told again a few times, because the pod's change may reach the kubelet before the file's.
 *
 * @param content What the mounted files are to hold by now.
 * @param noted The annotation as it stands.
 * @returns the annotation to write; undefined when the kubelet was told.
 */
export function nextMountRefresh(
  content: string,
  noted: string | undefined,
  at: { nowUnixMs: number; sha256: Sha256 },
): string | undefined {
  const hash = base64urlEncode(at.sha256(utf8Encode(content)));
  const [notedHash, count, sinceUnixMs] = noted?.split(' ') ?? [];
  if (notedHash !== hash) return `${hash} 1 ${at.nowUnixMs}`;
  const told = Number(count);
  const isOver = at.nowUnixMs - Number(sinceUnixMs) < MOUNT_REFRESH_AGAIN_MS || told >= MOUNT_REFRESHES_MAX;
  return isOver ? undefined : `${hash} ${told + 1} ${at.nowUnixMs}`;
}

/** For a node that runs and has not taken up what is mounted into it: its genesis, its peers, a new certificate. */
export function planMountRefresh(
  seen: ObservedNode,
  mounted: { readonly genesis: string | undefined; readonly peers: string | undefined },
  at: { nowUnixMs: number; sha256: Sha256 },
): readonly NetworkAction[] {
  const { pod, answer, certificate } = seen;
  if (pod === undefined || !pod.running || answer === undefined) return [];
  const awaited = awaitedFile(answer.phase, mounted);
  if (awaited === undefined && hasTakenUp(seen)) return [];
  const content = [certificate?.hash ?? '', awaited ?? ''].join(' ');
  const note = nextMountRefresh(content, pod.mountRefresh, at);
  return note === undefined ? [] : [{ type: 'refreshMounts', name: pod.name, uid: pod.uid, note }];
}

function awaitedFile(phase: string, mounted: { readonly genesis: string | undefined; readonly peers: string | undefined }) {
  switch (phase) {
    case 'AwaitingGenesis':
      return mounted.genesis;
    case 'AwaitingPeers':
      return mounted.peers;
    default:
      return undefined;
  }
}
