import { createPrivateKey, createPublicKey, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@civitas/testkit';
import { type ClusterPki, openPki } from '../../../packages/localcluster/src/api/auth/pki.ts';
import { clusterAudience } from '../../../packages/localcluster/src/api/auth/token.ts';
import { findKubeTools, type KubeTools } from '../../../tools/kube/kube-tools.ts';
import { AUDIT_POLICY } from './audit-log.ts';
import { type StartedProcess, startProcess } from './server-process.ts';
import { statusOf } from './shared-cluster.ts';

/** A real API server with its etcd and the controllers that keep objects in order, on a loopback address of this process. */
export interface RealCluster {
  readonly home: string;
  readonly tools: KubeTools;
  readonly url: string;
  /** Of etcd's JSON gateway. */
  readonly etcdUrl: string;
  readonly caPem: string;
  readonly admin: { readonly cert: string; readonly key: string };
  readonly kubeconfigPath: string;
  /** What ServiceAccount tokens are signed with. */
  readonly tokenKeyPath: string;
  /** Of the calls of ServiceAccounts; not written without `audit`. */
  readonly auditPath: string;
  /** Process ids, for what reads their CPU time. */
  pids(): { readonly etcd: number; readonly api: number };
  /** Ends the API server as a power cut would and starts it again on the same etcd. */
  restartApi(): Promise<void>;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const PORTS = { etcdClient: 2379, etcdPeer: 2380, api: 6443 } as const;

/** The controllers whose work our objects rely on; none that would run or schedule pods. */
const CONTROLLERS = [
  ...['namespace-controller', 'garbage-collector-controller', 'serviceaccount-controller', 'root-ca-certificate-publisher-controller'],
  ...[
    'persistentvolumeclaim-protection-controller',
    'disruption-controller',
    'endpoints-controller',
    'endpointslice-controller',
    'resourcequota-controller',
  ],
];

/** Services have loopback addresses too, which a process kubelet can listen on; no test has any of these for itself. */
const aServiceRange = (): string => `127.${randomInt(192, 200)}.0.0/16`;

/** Somewhere in 127.64.0.0/10: runs side by side do not meet. */
function anAddress(): string {
  return `127.${randomInt(64, 128)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

/**
 * @throws Error when `npm run kube:install` has not run, or a server does not come up; its log's end is in the message.
 */
export async function startRealCluster({ audit = false }: { readonly audit?: boolean } = {}): Promise<RealCluster> {
  const tools = findKubeTools();
  if (tools === undefined) throw new Error('Kubernetes is not there: npm run kube:install');
  const home = mkdtempSync(join(tmpdir(), 'civitas-kubernetes-'));
  const address = anAddress();
  const url = `https://${address}:${PORTS.api}`;
  const pki = await openPki(join(home, 'pki'), [address, 'kubernetes.default.svc', 'localhost']);
  const kubeconfigPath = join(home, 'kubeconfig');
  writeFileSync(kubeconfigPath, kubeconfigText(url, pki), { mode: 0o600 });
  const admin = { cert: pki.adminCertPem, key: pki.adminKeyPem };
  const place: Place = { home, address, tools, pki, audit, serviceRange: aServiceRange() };
  const codeOf = (path: string): Promise<number> => statusOf({ url, caPem: pki.caPem, admin }, path);
  const isReady = async (): Promise<boolean> => (await codeOf('/readyz')) === 200;

  const etcd = startProcess(tools.path('etcd'), etcdArguments(place), join(home, 'etcd.log'));
  let api = startProcess(tools.path('kube-apiserver'), apiArguments(place), join(home, 'api.log'));
  const stopAll = async (others: readonly StartedProcess[]): Promise<void> => {
    for (const process of [...others, api, etcd]) await process.kill();
    rmSync(home, { recursive: true, force: true });
  };
  const untilReady = (): Promise<void> => untilReadyOrEnded([etcd, api], isReady);
  let controllers: StartedProcess | undefined;
  try {
    await untilReady();
    controllers = startProcess(
      tools.path('kube-controller-manager'),
      controllerArguments(place, kubeconfigPath),
      join(home, 'controllers.log'),
    );
    const paths = ['serviceaccounts/default', 'configmaps/kube-root-ca.crt'].map((path) => `/api/v1/namespaces/default/${path}`);
    for (const path of paths) await waitFor(path, async () => (await codeOf(path)) === 200, READY_WITHIN_MS);
  } catch (error) {
    await stopAll(controllers === undefined ? [] : [controllers]);
    throw error;
  }
  const keeper = controllers;
  return {
    ...{ home, tools, url, etcdUrl: `http://${address}:${PORTS.etcdClient}`, caPem: pki.caPem, admin, kubeconfigPath },
    tokenKeyPath: join(home, 'pki', 'service-accounts.key'),
    auditPath: auditPathOf(home),
    pids: () => ({ etcd: etcd.pid, api: api.pid }),
    async restartApi() {
      await api.kill();
      api = startProcess(tools.path('kube-apiserver'), apiArguments(place), join(home, 'api.log'));
      await untilReady();
    },
    stop: () => stopAll([keeper]),
  };
}

interface Place {
  readonly home: string;
  readonly address: string;
  readonly tools: KubeTools;
  readonly pki: ClusterPki;
  readonly audit: boolean;
  readonly serviceRange: string;
}

const auditPathOf = (home: string): string => join(home, 'audit.log');

function etcdArguments({ home, address }: Place): string[] {
  const [client, peer] = [`http://${address}:${PORTS.etcdClient}`, `http://${address}:${PORTS.etcdPeer}`];
  return [
    ...['--data-dir', join(home, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
    ...['--listen-client-urls', client, '--advertise-client-urls', client, '--listen-peer-urls', peer],
    ...['--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
  ];
}

function apiArguments({ home, address, pki, audit, serviceRange }: Place): string[] {
  const folder = join(home, 'api');
  mkdirSync(folder, { recursive: true });
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  // Go reads private keys of tokens in the old form alone.
  const tokenKey = createPrivateKey(pki.tokenKeyPem);
  const signingKey = file('service-accounts.key', String(tokenKey.export({ type: 'sec1', format: 'pem' })));
  const publicKey = file('service-accounts.pub', String(createPublicKey(tokenKey).export({ type: 'spki', format: 'pem' })));
  return [
    ...[`--etcd-servers=http://${address}:${PORTS.etcdClient}`, `--bind-address=${address}`, `--advertise-address=${address}`],
    ...[`--secure-port=${PORTS.api}`, `--tls-cert-file=${file('server.crt', pki.serverCertPem)}`],
    ...[`--tls-private-key-file=${file('server.key', pki.serverKeyPem)}`, `--client-ca-file=${file('ca.crt', pki.caPem)}`],
    ...[`--cert-dir=${folder}`, '--authorization-mode=RBAC', '--anonymous-auth=false', '--allow-privileged=true', '--profiling=false'],
    ...[`--service-account-issuer=https://${address}:${PORTS.api}`, `--service-account-key-file=${publicKey}`],
    // The second issuer is a process kubelet's, which signs the tokens of its pods with the same key.
    ...[`--service-account-issuer=${clusterAudience}`, `--service-account-signing-key-file=${signingKey}`],
    ...[`--service-cluster-ip-range=${serviceRange}`, '--endpoint-reconciler-type=none'],
    ...(audit ? [`--audit-policy-file=${file('audit-policy.json', AUDIT_POLICY)}`, `--audit-log-path=${auditPathOf(home)}`] : []),
  ];
}

function controllerArguments({ home }: Place, kubeconfigPath: string): string[] {
  return [
    ...[`--kubeconfig=${kubeconfigPath}`, '--leader-elect=false', `--controllers=${CONTROLLERS.join()}`, '--secure-port=0'],
    ...[`--root-ca-file=${join(home, 'api', 'ca.crt')}`, '--kube-api-qps=500', '--kube-api-burst=1000', '--profiling=false'],
    ...['--namespace-sync-period=10s', '--resource-quota-sync-period=10s'],
  ];
}

function kubeconfigText(server: string, pki: ClusterPki): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const user = { 'client-certificate-data': base64(pki.adminCertPem), 'client-key-data': base64(pki.adminKeyPem) };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'real', cluster: { server, 'certificate-authority-data': base64(pki.caPem) } }],
    users: [{ name: 'kubernetes-admin', user }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: 'kubernetes-admin' } }],
    'current-context': 'real',
  });
}

async function untilReadyOrEnded(processes: readonly StartedProcess[], isReady: () => Promise<boolean>): Promise<void> {
  const answer = await waitFor(
    'ready API server',
    async () => processes.map((process) => process.diedEarly()).find((log) => log !== undefined) ?? (await isReady()),
    READY_WITHIN_MS,
  );
  if (typeof answer === 'string') throw new Error(`a server of the cluster ended: ${answer}`);
}
