/**
 * `npm run kube:install`: builds the real Kubernetes (API server, controllers, scheduler, kubelet, kubectl in one program), etcd and
 * helm from the Go modules in tools/kube, whose go.sum pins every module by checksum, into the user's cache. For the suites
 * `operator` and `cluster`; the product needs none of it. Needs Go; does nothing when the same sources were built before.
 */
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { programsFolder } from './go/go-programs.ts';
import { findGo, InstallRefused, installPrograms, runGo } from './go/install-programs.ts';
import {
  ETCD_VERSION,
  findKubeTools,
  HELM_VERSION,
  KUBE_BUILD,
  KUBE_LINKS,
  KUBE_SOURCES,
  KUBERNETES_VERSION,
  type KubeProgram,
} from './kube/kube-tools.ts';

const GO_VERSION_MIN = [1, 26] as const;
const MODULES: Readonly<Record<KubeProgram, string>> = { kube: 'kubernetes', etcd: 'etcd', helm: 'helm' };
const PACKAGES: Readonly<Record<KubeProgram, string>> = { kube: '.', etcd: '.', helm: 'helm.sh/helm/v3/cmd/helm' };

/** The version that Kubernetes says of itself is stamped in by the linker; without it kubectl and the API server refuse each other. */
function kubernetesStamp(): string {
  const [major = '', minor = ''] = KUBERNETES_VERSION.split('.');
  const facts = {
    gitVersion: `v${KUBERNETES_VERSION}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'archive',
    buildDate: '1970-01-01T00:00:00Z',
  };
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((variables) =>
    Object.entries(facts).map(([name, value]) => `-X ${variables}.${name}=${value}`),
  );
  return flags.join(' ');
}

const STAMPS: Readonly<Record<KubeProgram, string>> = {
  kube: kubernetesStamp(),
  etcd: '',
  helm: `-X helm.sh/helm/v3/internal/version.version=v${HELM_VERSION}`,
};

function install(folder: string): void {
  const go = findGo(GO_VERSION_MIN);
  installPrograms(KUBE_BUILD, folder, {
    build(program, output) {
      const args = ['build', '-trimpath', '-ldflags', `-s -w ${STAMPS[program]}`.trim(), '-o', output, PACKAGES[program]];
      runGo(go, join(KUBE_SOURCES, MODULES[program]), args);
    },
    check(bin) {
      for (const link of KUBE_LINKS) symlinkSync('kube', join(bin, link));
      expectVersion(join(bin, 'kube-apiserver'), ['--version'], KUBERNETES_VERSION);
      expectVersion(join(bin, 'etcd'), ['--version'], ETCD_VERSION);
      expectVersion(join(bin, 'helm'), ['version', '--short'], HELM_VERSION);
    },
  });
}

function expectVersion(program: string, args: readonly string[], version: string): void {
  const said = execFileSync(program, args, { encoding: 'utf8' });
  if (!said.includes(version)) throw new InstallRefused(`${program} says ${said.trim()}, expected ${version}`);
}

try {
  const folder = programsFolder(KUBE_BUILD);
  if (findKubeTools(folder) === undefined) install(folder);
  process.stdout.write(`Kubernetes ${KUBERNETES_VERSION}, etcd ${ETCD_VERSION} and helm ${HELM_VERSION} are in ${join(folder, 'bin')}\n`);
} catch (error) {
  process.stderr.write(`kube:install: ${error instanceof InstallRefused ? error.message : String(error)}\n`);
  process.exit(1);
}
