import type { KubeTools } from '../../../tools/kube/kube-tools.ts';
import type { ClusterCredentials } from './certificates.ts';
import { CONTROL_ADDRESS, type Places, SERVICE_CIDR } from './places.ts';
import { type Daemon, endOfLog, isRunning, runCommand } from './processes.ts';
import { until } from './until.ts';

/** Starts a program in the background and records it at once, so that it can be stopped whatever fails next. */
export type StartDaemon = (name: string, command: readonly string[], where: { folder: string; namespace: string }) => Daemon;

export interface ControlPlaneOptions {
  readonly places: Places;
  readonly credentials: ClusterCredentials;
  readonly tools: KubeTools;
  readonly start: StartDaemon;
}

/** etcd, then the API server, then, once it is ready, controllers and scheduler: before that they are forbidden to read and end. */
export async function startControlPlane({ places, credentials, tools, start: startIn }: ControlPlaneOptions): Promise<void> {
  const start = (name: string, command: readonly string[]): Daemon =>
    startIn(name, command, { folder: places.folder, namespace: places.controlNamespace });
  start('etcd', [tools.path('etcd'), ...etcdFlags(places)]);
  const api = start('kube-apiserver', [tools.path('kube-apiserver'), ...apiFlags(credentials)]);
  await until('the API server is ready', async () => {
    if (!isRunning(api.record)) throw new Error(endOfLog(api));
    const kubeconfig = credentials.kubeconfig('admin');
    const answer = await runCommand([tools.path('kubectl'), '--kubeconfig', kubeconfig, 'get', '--raw', '/readyz'], {
      namespace: places.controlNamespace,
    });
    return answer === 'ok' ? true : undefined;
  });
  start('kube-controller-manager', [tools.path('kube-controller-manager'), ...controllerFlags(credentials)]);
  start('kube-scheduler', [tools.path('kube-scheduler'), ...schedulerFlags(credentials)]);
}

function etcdFlags({ folder }: Places): readonly string[] {
  const [clients, peers] = ['http://127.0.0.1:2379', 'http://127.0.0.1:2380'];
  return [
    `--data-dir=${folder}/etcd`,
    // The cluster lives as long as its test.
    '--unsafe-no-fsync',
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
  ];
}

function apiFlags({ file }: ClusterCredentials): readonly string[] {
  return [
    '--etcd-servers=http://127.0.0.1:2379',
    '--bind-address=0.0.0.0',
    `--advertise-address=${CONTROL_ADDRESS}`,
    '--secure-port=6443',
    `--tls-cert-file=${file('apiserver.crt')}`,
    `--tls-private-key-file=${file('apiserver.key')}`,
    `--client-ca-file=${file('ca.crt')}`,
    `--kubelet-client-certificate=${file('apiserver-kubelet.crt')}`,
    `--kubelet-client-key=${file('apiserver-kubelet.key')}`,
    `--kubelet-certificate-authority=${file('ca.crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--requestheader-client-ca-file=${file('ca.crt')}`,
    '--requestheader-allowed-names=front-proxy',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${file('front-proxy.crt')}`,
    `--proxy-client-key-file=${file('front-proxy.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('sa.key')}`,
    `--service-account-signing-key-file=${file('sa.key')}`,
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
    '--authorization-mode=Node,RBAC',
    '--enable-aggregator-routing=true',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
  ];
}

function controllerFlags({ file, kubeconfig }: ClusterCredentials): readonly string[] {
  const config = kubeconfig('controller-manager');
  return [
    `--kubeconfig=${config}`,
    `--authentication-kubeconfig=${config}`,
    `--authorization-kubeconfig=${config}`,
    '--bind-address=127.0.0.1',
    `--service-account-private-key-file=${file('sa.key')}`,
    `--root-ca-file=${file('ca.crt')}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    '--allocate-node-cidrs=false',
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
  ];
}

function schedulerFlags({ kubeconfig }: ClusterCredentials): readonly string[] {
  const config = kubeconfig('scheduler');
  return [
    `--kubeconfig=${config}`,
    `--authentication-kubeconfig=${config}`,
    `--authorization-kubeconfig=${config}`,
    '--bind-address=127.0.0.1',
    '--leader-elect=false',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ];
}
