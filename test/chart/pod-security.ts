/** The parts of a pod that the Pod Security Standards speak of. */
export interface PodSpec {
  readonly securityContext?: SecurityContext;
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
}

interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly seccompProfile?: { readonly type: string };
  readonly sysctls?: readonly unknown[];
  readonly seLinuxOptions?: unknown;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  readonly procMount?: string;
}

interface Container {
  readonly name: string;
  readonly securityContext?: SecurityContext;
  readonly ports?: readonly { readonly hostPort?: number }[];
}

const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];

/**
 * What keeps a pod from the standard `restricted`, and from a root that nobody writes to, which we ask besides.
 *
 * @returns one line a problem; none for a pod that passes.
 * @see Kubernetes, Pod Security Standards
 */
export function podSecurityProblems(pod: PodSpec): readonly string[] {
  const { securityContext = {}, volumes = [] } = pod;
  const containers = [...(pod.initContainers ?? []), ...(pod.containers ?? []), ...(pod.ephemeralContainers ?? [])];
  const problems = (['hostNetwork', 'hostPID', 'hostIPC'] as const)
    .filter((field) => pod[field] === true)
    .map((field) => `${field} is true`);
  if (securityContext.runAsUser === 0) problems.push('runAsUser is 0');
  if (securityContext.sysctls !== undefined) problems.push('sysctls are set');
  if (securityContext.seLinuxOptions !== undefined) problems.push('seLinuxOptions are set');
  if (containers.length === 0) problems.push('there are no containers');
  for (const { name, ...source } of volumes)
    if (!Object.keys(source).every((type) => VOLUMES.includes(type)))
      problems.push(`volume ${String(name)} is a ${Object.keys(source).join()}`);
  return [...problems, ...containers.flatMap((container) => containerProblems(container, securityContext))];
}

function containerProblems({ name, securityContext: own = {}, ports = [] }: Container, pod: SecurityContext): readonly string[] {
  const seccomp = own.seccompProfile?.type ?? pod.seccompProfile?.type ?? 'none';
  const wrong: readonly (readonly [boolean, string])[] = [
    [own.privileged === true, 'is privileged'],
    [own.allowPrivilegeEscalation !== false, 'may escalate its privileges'],
    [(own.runAsNonRoot ?? pod.runAsNonRoot) !== true, 'may run as root'],
    [own.runAsUser === 0, 'runs as root'],
    [!['RuntimeDefault', 'Localhost'].includes(seccomp), `has the seccomp profile ${seccomp}`],
    [own.capabilities?.drop?.includes('ALL') !== true, 'keeps capabilities'],
    [own.capabilities?.add?.some((capability) => capability !== 'NET_BIND_SERVICE') === true, 'adds capabilities'],
    [own.procMount !== undefined && own.procMount !== 'Default', 'mounts /proc unmasked'],
    [own.seLinuxOptions !== undefined, 'sets SELinux options'],
    [ports.some(({ hostPort = 0 }) => hostPort !== 0), 'takes a port of its machine'],
    [own.readOnlyRootFilesystem !== true, 'may write to its root'],
  ];
  return wrong.filter(([isWrong]) => isWrong).map(([, problem]) => `container ${name} ${problem}`);
}
