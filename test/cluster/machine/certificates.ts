import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_URL, CONTROL_ADDRESS, type NodePlaces, type Places } from './places.ts';
import { runNow } from './processes.ts';

const DAYS = '2';

/** Certificates and kubeconfigs of one cluster, below `pki/`. */
export interface ClusterCredentials {
  readonly folder: string;
  /** Path of a file of the authority: `ca.crt`, `apiserver.key`. */
  file(name: string): string;
  kubeconfig(user: string): string;
}

const KUBECONFIG_USERS: Readonly<Record<string, string>> = {
  admin: '/O=system:masters/CN=admin',
  'controller-manager': '/CN=system:kube-controller-manager',
  scheduler: '/CN=system:kube-scheduler',
  proxy: '/CN=system:kube-proxy',
};

/** Makes an authority and one certificate each for the API server, its clients and the nodes, with openssl. */
export function makeCredentials(places: Places): ClusterCredentials {
  const folder = join(places.folder, 'pki');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const credentials: ClusterCredentials = {
    folder,
    file: (name) => join(folder, name),
    kubeconfig: (user) => join(folder, `${user}.kubeconfig`),
  };
  makeKey(credentials, 'ca');
  makeKey(credentials, 'sa');
  runNow([
    'openssl',
    'req',
    '-x509',
    '-new',
    '-key',
    join(folder, 'ca.key'),
    '-subj',
    '/CN=cluster-ca',
    '-days',
    DAYS,
    '-out',
    join(folder, 'ca.crt'),
  ]);
  const apiNames = [CONTROL_ADDRESS, '127.0.0.1', '10.96.0.1'].map((address) => `IP:${address}`);
  const serviceNames = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'].map(
    (name) => `DNS:${name}`,
  );
  issue(credentials, 'apiserver', '/CN=kube-apiserver', [...apiNames, ...serviceNames]);
  issue(credentials, 'apiserver-kubelet', '/O=system:masters/CN=kube-apiserver-kubelet-client');
  issue(credentials, 'front-proxy', '/CN=front-proxy');
  for (const [user, subject] of Object.entries(KUBECONFIG_USERS)) {
    issue(credentials, user, subject);
    writeKubeconfig(credentials, user);
  }
  for (const node of places.nodes) issueNode(credentials, node);
  return credentials;
}

function issueNode(credentials: ClusterCredentials, { name, address }: NodePlaces): void {
  issue(credentials, name, `/O=system:nodes/CN=system:node:${name}`, [`IP:${address}`, `DNS:${name}`]);
  writeKubeconfig(credentials, name);
}

function makeKey({ file }: ClusterCredentials, name: string): void {
  runNow(['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file(`${name}.key`)]);
}

function issue(credentials: ClusterCredentials, name: string, subject: string, names: readonly string[] = []): void {
  const { file } = credentials;
  makeKey(credentials, name);
  runNow(['openssl', 'req', '-new', '-key', file(`${name}.key`), '-subj', subject, '-out', file(`${name}.csr`)]);
  const extensions = ['extendedKeyUsage=serverAuth,clientAuth', ...(names.length === 0 ? [] : [`subjectAltName=${names.join(',')}`])];
  writeFileSync(file(`${name}.ext`), `${extensions.join('\n')}\n`);
  const signing = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', DAYS, '-extfile', file(`${name}.ext`)];
  runNow(['openssl', 'x509', '-req', '-in', file(`${name}.csr`), ...signing, '-out', file(`${name}.crt`)]);
}

function writeKubeconfig({ file, kubeconfig }: ClusterCredentials, user: string): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'machine', cluster: { server: API_URL, 'certificate-authority': file('ca.crt') } }],
    users: [{ name: user, user: { 'client-certificate': file(`${user}.crt`), 'client-key': file(`${user}.key`) } }],
    contexts: [{ name: 'machine', context: { cluster: 'machine', user } }],
    'current-context': 'machine',
  };
  writeFileSync(kubeconfig(user), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
