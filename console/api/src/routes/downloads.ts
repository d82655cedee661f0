import { configMaps, defineResource, type KubeObject } from '@civitas/kube';
import { stringify as toYaml } from 'yaml';
import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { ProblemError } from '../http/problem-error.ts';
import { actorOf } from '../kube/acting.ts';

interface TokenRequest extends KubeObject {
  readonly status?: { readonly token: string; readonly expirationTimestamp: string };
}

/** Life of a token in a kubeconfig, seconds. */
const KUBECONFIG_TOKEN_S = 3600;
/** ConfigMaps that the operator makes for an agency's clients. */
const CLIENT_PREFIX = 'client-';

function namespaceFor(context: ConsoleContext, agency: string): string {
  const namespace = context.view.findAgency(agency)?.status?.namespace;
  if (namespace === undefined) throw new ProblemError('NOT_FOUND', `${agency} has no namespace yet`);
  return namespace;
}

function kubeconfigOf({ server, caPem }: ConsoleContext['cluster'], of: { namespace: string; account: string; token: string }): string {
  const { namespace, account, token } = of;
  return toYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'civitas', cluster: { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } }],
    users: [{ name: account, user: { token } }],
    contexts: [{ name: namespace, context: { cluster: 'civitas', user: account, namespace } }],
    'current-context': namespace,
  });
}

/** Files that people of an agency take away. They hold no private keys; the kubeconfig holds a token of an hour. */
export function downloadHandlers(context: ConsoleContext): HandlersOf<'downloadConnectionProfile' | 'downloadKubeconfig'> {
  return {
    downloadConnectionProfile: async ({ principal, params, reply }) => {
      const agency = params.name;
      const namespace = namespaceFor(context, agency);
      const deed = { principal, action: 'downloadConnectionProfile', agency, resource: `Agency/${agency}` };
      const { items } = await audited(context, deed, () => context.acting.as(principal, agency).listAll(configMaps, { namespace }));
      const clients = items
        .filter(({ metadata }) => metadata.name.startsWith(CLIENT_PREFIX))
        .map(({ metadata, data = {} }) => ({ name: metadata.name.slice(CLIENT_PREFIX.length), files: data }));
      reply.header('content-disposition', `attachment; filename="${agency}-connection-profile.json"`);
      return JSON.stringify({ schemaVersion: 1, agency, clients }, null, 2);
    },
    downloadKubeconfig: async ({ principal, params, reply }) => {
      const agency = params.name;
      const namespace = namespaceFor(context, agency);
      const actor = actorOf(principal, agency);
      const account = actor?.user.split(':').at(-1);
      if (account === undefined) throw new ProblemError('FORBIDDEN', 'no role of yours acts there', { reason: 'role-missing' });
      const tokens = defineResource<TokenRequest>({
        group: '',
        version: 'v1',
        plural: `serviceaccounts/${account}/token`,
        namespaced: true,
      });
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: { namespace },
        spec: { expirationSeconds: KUBECONFIG_TOKEN_S },
      };
      const deed = { principal, action: 'downloadKubeconfig', agency, resource: `Agency/${agency}`, facts: { account } };
      const { status } = await audited(context, deed, () => context.client.create(tokens, body));
      if (status === undefined) throw new Error('the API server answered a TokenRequest without a status');
      reply.header('content-disposition', `attachment; filename="${agency}.kubeconfig"`);
      return kubeconfigOf(context.cluster, { namespace, account, token: status.token });
    },
  };
}
