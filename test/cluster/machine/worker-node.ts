import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { KubeTools } from '../../../tools/kube/kube-tools.ts';
import type { ClusterCredentials } from './certificates.ts';
import type { StartDaemon } from './control-plane.ts';
import { type NodePlaces, POD_CIDR } from './places.ts';
import { type Daemon, endOfLog, isRunning, runCommand } from './processes.ts';
import { until } from './until.ts';

export const CGROUP_ROOT = '/sys/fs/cgroup';
const CONTROLLERS = [
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'devices',
  'freezer',
  'blkio',
  'pids',
  'systemd',
  'hugetlb',
  'perf_event',
  'net_cls',
  'net_prio',
];
/** Images that the kubelet must not look for in a registry. */
export const PAUSE_IMAGE = 'civitas.dev/pause:1';

export interface ImageArchive {
  /** Registry and repository, without tag. */
  readonly name: string;
  readonly path: string;
}

export interface WorkerOptions {
  readonly node: NodePlaces;
  readonly credentials: ClusterCredentials;
  readonly tools: KubeTools;
  readonly start: StartDaemon;
  /** What every node holds before its first pod, by tag and by digest. */
  readonly images: readonly ImageArchive[];
}

/** One node: containerd with the images, then kubelet and kube-proxy. */
export async function startWorker({ node, credentials, tools, start: startIn, images }: WorkerOptions): Promise<void> {
  mkdirSync(join(node.folder, 'cni'), { recursive: true });
  mkdirSync(join(node.folder, 'manifests'), { recursive: true });
  mkdirSync(node.runtimeFolder, { recursive: true });
  const start = (name: string, command: readonly string[]): Daemon =>
    startIn(name, command, { folder: node.folder, namespace: node.namespace });
  const write = (name: string, content: string): string => {
    const path = join(node.folder, name);
    writeFileSync(path, content);
    return path;
  };
  write('cni/10-bridge.conflist', JSON.stringify(networkConfig(node), null, 2));
  write('resolv.conf', 'nameserver 10.96.0.10\n');
  makeCgroups(node);
  const containerd = start('containerd', ['containerd', '--config', write('containerd.toml', containerdConfig(node))]);
  await until(`containerd of ${node.name}`, async () => {
    if (!isRunning(containerd.record)) throw new Error(endOfLog(containerd));
    await runContainerd(node, ['version']);
    return true;
  });
  for (const { name, path } of images)
    await runContainerd(node, ['--namespace', 'k8s.io', 'images', 'import', '--digests', '--base-name', name, path]);
  const kubeletFlags = [
    `--config=${write('kubelet.yaml', stringify(kubeletConfig(node, credentials)))}`,
    `--kubeconfig=${credentials.kubeconfig(node.name)}`,
    `--root-dir=${node.folder}/kubelet`,
    `--cert-dir=${node.folder}/kubelet-pki`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
  ];
  start('kubelet', [tools.path('kubelet'), ...kubeletFlags]);
  start('kube-proxy', [tools.path('kube-proxy'), `--config=${write('proxy.yaml', stringify(proxyConfig(node, credentials)))}`]);
}

/** containerd's own client, on this node's socket. */
export function runContainerd({ containerdSocket }: NodePlaces, args: readonly string[]): Promise<string> {
  return runCommand(['ctr', '--address', containerdSocket, ...args]);
}

function containerdConfig({ folder, runtimeFolder, containerdSocket }: NodePlaces): string {
  return `version = 2
root = "${folder}/containerd"
state = "${runtimeFolder}/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
[grpc]
  address = "${containerdSocket}"
[ttrpc]
  address = "${containerdSocket}.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Without CAP_SYS_RESOURCE runc cannot lower oom_score_adj, and every pod would fail.
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${folder}/cni"
`;
}

function networkConfig({ name, podCidr, runtimeFolder }: NodePlaces): object {
  const addresses = {
    type: 'host-local',
    dataDir: `${runtimeFolder}/addresses`,
    ranges: [[{ subnet: podCidr }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const bridge = { type: 'bridge', bridge: 'cni0', isGateway: true, hairpinMode: true, ipMasq: false, ipam: addresses };
  return { cniVersion: '1.0.0', name, plugins: [bridge, { type: 'portmap', capabilities: { portMappings: true } }] };
}

function kubeletConfig({ name, folder, address, cgroup, containerdSocket }: NodePlaces, { file }: ClusterCredentials): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: file('ca.crt') } },
    authorization: { mode: 'Webhook' },
    tlsCertFile: file(`${name}.crt`),
    tlsPrivateKeyFile: file(`${name}.key`),
    clusterDNS: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    resolvConf: `${folder}/resolv.conf`,
    staticPodPath: `${folder}/manifests`,
    volumePluginDir: `${folder}/volume-plugins`,
    podLogsDir: `${folder}/pod-logs`,
    healthzPort: 10248,
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // The machine's disk is not the cluster's.
    evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
    nodeStatusUpdateFrequency: '4s',
    kubeAPIQPS: 500,
    kubeAPIBurst: 1000,
    shutdownGracePeriod: '0s',
    shutdownGracePeriodCriticalPods: '0s',
  };
}

function proxyConfig({ name }: NodePlaces, { kubeconfig }: ClusterCredentials): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: kubeconfig('proxy') },
    mode: 'nftables',
    clusterCIDR: POD_CIDR,
    hostnameOverride: name,
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

/** Folders of the node's cgroup below every controller that this machine has; a cpuset is unusable until it has its parent's. */
function makeCgroups({ cgroup }: NodePlaces): void {
  for (const controller of CONTROLLERS) {
    const parent = join(CGROUP_ROOT, controller);
    if (!existsSync(parent)) continue;
    mkdirSync(join(parent, cgroup), { recursive: true });
    if (controller !== 'cpuset') continue;
    for (const file of ['cpuset.cpus', 'cpuset.mems']) writeFileSync(join(parent, cgroup, file), readFileSync(join(parent, file)));
  }
}
