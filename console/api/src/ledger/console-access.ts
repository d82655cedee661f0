import { createHash } from 'node:crypto';
import { CONSOLE_REQUEST, type ConsoleAccess } from '@civitas/deployment';
import { type ConfigMap, configMaps, type KubeClient } from '@civitas/kube';
import { SYSTEM_NAMESPACE } from '../kube/acting.ts';

/** Asks the operator for certificates: the request stands in a ConfigMap of its namespace, under a label that it looks for. */
export async function publishRequest(client: KubeClient, requestPem: string): Promise<void> {
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: CONSOLE_REQUEST,
      namespace: SYSTEM_NAMESPACE,
      labels: { 'app.kubernetes.io/managed-by': 'civitas-operator', 'app.kubernetes.io/name': 'civitas-console' },
    },
    data: { 'request.csr': requestPem },
  };
  await client.apply(configMaps, body, { fieldManager: 'civitas-console', force: true });
}

/** What reaches one network: its address, and the certificate chain: ours, then the authorities. */
export interface Reach extends ConsoleAccess {
  readonly chainPem: string;
}

const END = '-----END CERTIFICATE-----\n';

/** The access to a network in the operator's answer; undefined before there is one for our key. */
export function reachIn(access: ConfigMap | undefined, network: string, requestPem: string): Reach | undefined {
  const document = access?.data?.[`${network}.json`];
  const chainPem = access?.data?.[`${network}.crt`];
  if (document === undefined || chainPem === undefined || !chainPem.includes(END)) return undefined;
  const parsed: ConsoleAccess = JSON.parse(document);
  return parsed.request === createHash('sha256').update(requestPem).digest('base64url') ? { ...parsed, chainPem } : undefined;
}

/** The leaf of a chain, and what follows it. */
export function leafAndAuthorities(chainPem: string): { readonly leafPem: string; readonly authoritiesPem: string } {
  const end = chainPem.indexOf(END) + END.length;
  return { leafPem: chainPem.slice(0, end), authoritiesPem: chainPem.slice(end) };
}
