import type { FailedPacket, NetworkDetail, Packet } from '@civitas/console-contract';
import { consoleAccessKey } from '@civitas/deployment';
import { type ConfigMap, keyOf, type Store } from '@civitas/kube';
import { serverProblem } from '@civitas/node-call';
import { LedgerServiceClient } from '@civitas/proto/civitas/node/v1/ledger';
import { LinkServiceClient } from '@civitas/proto/civitas/node/v1/link';
import { PersonServiceClient } from '@civitas/proto/civitas/node/v1/person';
import { ChannelCredentials } from '@grpc/grpc-js';
import { ProblemError } from '../http/problem-error.ts';
import { SYSTEM_NAMESPACE } from '../kube/acting.ts';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { callLedger } from './call-ledger.ts';
import { leafAndAuthorities, type Reach, reachIn } from './console-access.ts';
import type { ConsoleKey } from './console-key.ts';
import { ANSWER_BYTES_MAX, FAILED_PACKETS_MAX, GLANCE_MS, KEEPALIVE_MS, KEEPALIVE_TIMEOUT_MS, PACKETS_MAX } from './limits.ts';
import { failedPacketOf, packetOf } from './packet-view.ts';

/** The services of one network's gateway. */
export interface Ledger {
  readonly chainId: string;
  readonly ledger: LedgerServiceClient;
  readonly link: LinkServiceClient;
  readonly person: PersonServiceClient;
}

/** The ledgers, read with the console's own certificates. */
export interface Ledgers {
  /** @throws ProblemError LEDGER_UNREACHABLE while the operator has given no certificate for it. */
  open(network: LedgerNetwork): Ledger;
  /** Head of the chain now; undefined when no gateway answers at once. */
  findHead(network: LedgerNetwork): Promise<NetworkDetail['live']>;
  /** Packets on the way to a peer; undefined when no gateway answers at once. */
  findPackets(network: LedgerNetwork, peer: string): Promise<readonly Packet[] | undefined>;
  /** The newest packets to a peer that failed; undefined when no gateway answers at once. */
  findFailedPackets(network: LedgerNetwork, peer: LedgerNetwork): Promise<readonly FailedPacket[] | undefined>;
  close(): void;
}

const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': ANSWER_BYTES_MAX,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2000,
  // A stream of blocks over a network that was cut would wait for ever.
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  // Channels of different certificates must not be shared by address.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.ssl_target_name_override': 'node.civitas.invalid',
} as const;

interface Opened extends Ledger {
  readonly reach: Reach;
  close(): void;
}

/** @param access the operator's answers, followed. */
export function createLedgers(access: Store<ConfigMap>, key: ConsoleKey, accessName: string): Ledgers {
  const opened = new Map<string, Opened>();
  const open = (network: LedgerNetwork): Ledger => {
    const name = keyOf(network.metadata);
    const { namespace = '' } = network.metadata;
    const file = consoleAccessKey({ namespace, name: network.metadata.name });
    const reach = reachIn(access.get(`${SYSTEM_NAMESPACE}/${accessName}`), file, key.requestPem);
    if (reach === undefined)
      throw new ProblemError('LEDGER_UNREACHABLE', `the operator has not given this console access to ${network.metadata.name} yet`, {
        reason: 'no-access',
      });
    const known = opened.get(name);
    if (known?.reach.chainPem === reach.chainPem && known.reach.grpc === reach.grpc) return known;
    const made = connect(reach, key);
    opened.set(name, made);
    known?.close();
    return made;
  };
  return {
    open,
    findHead: (network) =>
      glance(async () => {
        const { ledger } = open(network);
        const { height, timeUnixMs, root } = await callLedger(ledger.getNetwork.bind(ledger), {}, GLANCE_MS);
        return { height: Number(height), timeUnixMs: Number(timeUnixMs), root: Buffer.from(root).toString('base64url') };
      }),
    findPackets: (network, peer) =>
      glance(async () => {
        const { link } = open(network);
        const { packets } = await callLedger(link.outbox.bind(link), { peer, afterSequence: 0n, limit: PACKETS_MAX }, GLANCE_MS);
        return packets.map((packet) => packetOf({ network: network.metadata.name, peer, nowUnixMs: Date.now() }, packet));
      }),
    findFailedPackets: (network, peer) =>
      glance(async () => {
        const { link } = open(network);
        const request = { peer: peer.spec.chainId, limit: FAILED_PACKETS_MAX };
        const { packets } = await callLedger(link.listFailedPackets.bind(link), request, GLANCE_MS);
        const ends = { network: network.metadata.name, peer: peer.metadata.name };
        return packets.map((packet) => failedPacketOf(ends, packet));
      }),
    close() {
      for (const one of opened.values()) one.close();
      opened.clear();
    },
  };
}

/** What a refusal leaves out of an answer that is given without it. */
async function glance<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

function connect(reach: Reach, { privateKeyPem }: ConsoleKey): Opened {
  const { chainId, grpc, chainPem } = reach;
  const { leafPem, authoritiesPem } = leafAndAuthorities(chainPem);
  const credentials = ChannelCredentials.createSsl(Buffer.from(authoritiesPem), Buffer.from(privateKeyPem), Buffer.from(leafPem), {
    checkServerIdentity: (_host, { subjectaltname }) =>
      serverProblem(subjectaltname, ({ kind, network }) => kind === 'node' && network === chainId, `a node of ${chainId}`),
  });
  const ledger = new LedgerServiceClient(grpc, credentials, CHANNEL_OPTIONS);
  // One connection for the three: they share the first one's channel.
  const shared = { ...CHANNEL_OPTIONS, channelOverride: ledger.getChannel() };
  const link = new LinkServiceClient(grpc, credentials, shared);
  const person = new PersonServiceClient(grpc, credentials, shared);
  return { chainId, ledger, link, person, reach, close: () => ledger.close() };
}
