import { base64urlEncode } from '@civitas/canon';
import { RELAY_POD } from '../../core/desired/names.ts';
import type { CityConfig } from '../../core/resources/city-config.ts';
import { callNode } from '../ledger/node-connection.ts';
import { PLATFORM_AUTHORITY } from '../observe/authorities.ts';
import { podOf } from '../observe/observe-network.ts';
import type { Workspace } from '../observe/workspace.ts';
import { LINK_POLL_MS, WHILE_STARTING_MS } from './limits.ts';
import type { OperatorContext } from './operator-context.ts';
import { relayConfigurationIn, servedName, servedNameOf } from './relay-configuration.ts';
import { restingLookMs } from './resting-look.ts';

/** The relay's public key, once it has said it: every genesis enrols it. */
export interface RelayKey {
  publicKey(): string | undefined;
}

/** What the relay says of itself: its key, and the configuration that it goes by. */
export interface RelayConversation extends RelayKey {
  /** The key lies on the volume: on another one it is another key, and a genesis that named the former would know no relay. */
  forgetOtherVolume(workspace: Workspace | undefined): void;
  /** Asks a running relay for its key, and for the configuration that it goes by while that is not the one in its ConfigMap. */
  ask(workspace: Workspace, config: CityConfig): Promise<void>;
  nextLookMs(workspace: Workspace): number;
}

export function createRelayConversation(context: OperatorContext): RelayConversation {
  const { relayConfigurations } = context.facts;
  let said: { readonly podUID: string; readonly volumeUID: string | undefined; readonly key: string } | undefined;

  const findPod = ({ namespace, pods }: Workspace) => podOf(pods.store.get(`${namespace}/${RELAY_POD}`));

  const isUpToDate = (workspace: Workspace): boolean => {
    const pod = findPod(workspace);
    const text = relayConfigurationIn(workspace);
    if (pod === undefined || text === undefined || said?.podUID !== pod.uid) return false;
    return relayConfigurations.get(workspace.namespace) === servedNameOf(pod.uid, text);
  };

  return {
    publicKey: () => said?.key,
    forgetOtherVolume(workspace) {
      if (said?.volumeUID !== undefined && said.volumeUID !== volumeOf(workspace)) said = undefined;
    },
    async ask(workspace, { spec: { city } }) {
      const { namespace } = workspace;
      const pod = findPod(workspace);
      const authority = await context.authorities.find(PLATFORM_AUTHORITY);
      if (pod?.ip === undefined || !pod.running || pod.deleting || authority === undefined || isUpToDate(workspace)) return;
      const connection = await context.connections.to({
        name: `${namespace}/${RELAY_POD}`,
        podUID: pod.uid,
        host: pod.ip,
        network: city,
        authority,
        isExpected: (peer) => peer.kind === 'relay' && peer.network === city,
      });
      const { configurationHash } = await callNode(connection.admin.status.bind(connection.admin), {});
      const served = servedName(pod.uid, new Uint8Array(configurationHash));
      if (relayConfigurations.get(namespace) !== served) context.wake('link');
      relayConfigurations.set(namespace, served);
      if (said?.podUID === pod.uid) return;
      const keys = await callNode(connection.admin.keys.bind(connection.admin), {});
      said = { podUID: pod.uid, volumeUID: volumeOf(workspace), key: base64urlEncode(new Uint8Array(keys.relayPublicKey)) };
      context.log.info({ podUID: pod.uid }, 'the relay reported its key');
      context.wake('network');
    },
    nextLookMs(workspace) {
      if (said === undefined) return WHILE_STARTING_MS;
      return isUpToDate(workspace) ? restingLookMs(context.caches.networks.store.size, LINK_POLL_MS) : LINK_POLL_MS;
    },
  };
}

function volumeOf(workspace: Workspace | undefined): string | undefined {
  return workspace?.volumes.store.get(`${workspace.namespace}/${RELAY_POD}-data`)?.metadata.uid;
}
