import { base64urlEncode, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { RelayConfig } from '@civitas/deployment';
import { RELAY_POD } from '../../core/desired/names.ts';
import { podOf } from '../observe/observe-network.ts';
import type { Workspace } from '../observe/workspace.ts';
import { findCity, type OperatorContext } from './operator-context.ts';

/** Text that the relay's ConfigMap holds; undefined before there is one. */
export function relayConfigurationIn({ namespace, configMaps }: Workspace): string | undefined {
  return configMaps.store.get(`${namespace}/${RELAY_POD}-config`)?.data?.['config.json'];
}

/** Names a configuration as one pod goes by it: another pod may still have been given an older text. */
export function servedName(podUID: string, hash: Uint8Array): string {
  return `${podUID} ${base64urlEncode(hash)}`;
}

/** What a relay that goes by this text says of itself. */
export function servedNameOf(podUID: string, text: string): string {
  return servedName(podUID, nodeCrypto.sha256(utf8Encode(text)));
}

/** What is known of the relay: its pod, what its ConfigMap holds, and what it said last that it goes by. */
export interface RelayWord {
  readonly podUID: string | undefined;
  readonly text: string | undefined;
  readonly served: string | undefined;
}

/** Whether nothing carries packets of a link: the relay has said so of itself, or there is none. */
export function leavesAlone({ podUID, text, served }: RelayWord, link: string): boolean {
  if (podUID === undefined) return true;
  if (text === undefined || served !== servedNameOf(podUID, text)) return false;
  const { links } = JSON.parse(text) as Pick<RelayConfig, 'links'>;
  return !links.some(({ name, paused }) => name === link && !paused);
}

export function relayWord({ caches, workspaces, facts }: Pick<OperatorContext, 'caches' | 'workspaces' | 'facts'>): RelayWord {
  const namespace = findCity(caches)?.spec.namespace ?? '';
  const workspace = workspaces.find(namespace);
  const pod = podOf(workspace?.pods.store.get(`${namespace}/${RELAY_POD}`));
  return {
    podUID: pod === undefined || pod.finished ? undefined : pod.uid,
    text: workspace === undefined ? undefined : relayConfigurationIn(workspace),
    served: facts.relayConfigurations.get(namespace),
  };
}
