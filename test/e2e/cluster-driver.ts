import { readFileSync } from 'node:fs';
import { connectCluster } from '@civitas/cli';
import type { Resource } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { parseAllDocuments } from 'yaml';
import { type Manifest, resourceOf } from '../../tools/start/manifests.ts';
import { kubectl, kubectlPresent } from './commands.ts';

const NAMESPACE = 'jincheng';

/** Kinds whose conditions are waited for. */
type Conditioned = 'LedgerNetwork' | 'LedgerLink' | 'AccessPolicy' | 'PackInstall';

/** The cluster as a platform admin changes it: by kubectl, or by plain HTTP on a machine that has none. */
export interface ClusterDriver {
  /** Applies every document of a YAML file. */
  apply(path: string): Promise<void>;
  /** Until the condition of an object is True. */
  waitFor(condition: string, object: { kind: Conditioned; name: string }, timeoutSeconds: number): Promise<void>;
  /** Deletes and waits until it is gone. */
  delete(object: { kind: 'LedgerNetwork' | 'LedgerLink'; name: string }, timeoutSeconds: number): Promise<void>;
  /** Names of the objects of a kind in the city's namespace. */
  names(kind: 'LedgerNetwork' | 'LedgerLink' | 'PersistentVolumeClaim'): Promise<readonly string[]>;
}

const PLURALS = {
  LedgerNetwork: 'lnet',
  LedgerLink: 'llink',
  AccessPolicy: 'apol',
  PackInstall: 'pack',
  PersistentVolumeClaim: 'pvc',
} as const;

export function clusterDriver(home: string): ClusterDriver {
  return kubectlPresent ? kubectlDriver(home) : httpDriver(home);
}

function kubectlDriver(home: string): ClusterDriver {
  const run = async (args: readonly string[]): Promise<string> => {
    const result = await kubectl(home, args);
    if (result.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  };
  return {
    apply: async (path) => void (await run(['apply', '-f', path])),
    waitFor: async (condition, { kind, name }, timeoutSeconds) =>
      void (await run([
        'wait',
        `--for=condition=${condition}`,
        `${PLURALS[kind]}/${name}`,
        '-n',
        NAMESPACE,
        `--timeout=${timeoutSeconds}s`,
      ])),
    delete: async ({ kind, name }, timeoutSeconds) =>
      void (await run(['delete', PLURALS[kind], name, '-n', NAMESPACE, '--wait', `--timeout=${timeoutSeconds}s`])),
    names: async (kind) => (await run(['get', PLURALS[kind], '-n', NAMESPACE, '-o', 'jsonpath={.items[*].metadata.name}'])).split(' '),
  };
}

/** Kinds that `npm start` applies none of. */
const DECIDED = { AccessPolicy: 'accesspolicies', PackInstall: 'packinstalls' } as const;

function ofKind(kind: string): Resource {
  const plural = kind === 'AccessPolicy' || kind === 'PackInstall' ? DECIDED[kind] : undefined;
  return plural === undefined ? resourceOf(kind) : { group: 'civitas.dev', version: 'v1alpha1', plural, namespaced: true };
}

function httpDriver(home: string): ClusterDriver {
  const kube = connectCluster(home);
  const claims = { group: '', version: 'v1', plural: 'persistentvolumeclaims', namespaced: true } as const;
  return {
    async apply(path) {
      for (const document of parseAllDocuments(readFileSync(path, 'utf8'))) {
        const manifest = document.toJS() as Manifest | null;
        if (manifest !== null) await kube.apply(ofKind(manifest.kind), manifest, { fieldManager: 'e2e', force: true });
      }
    },
    async waitFor(condition, { kind, name }, timeoutSeconds) {
      await waitFor(
        `${condition} of ${kind} ${name}`,
        async () => {
          const object = await kube.get(ofKind(kind), { namespace: NAMESPACE, name });
          const { status } = object as typeof object & { status?: { conditions?: { type: string; status: string }[] } };
          return status?.conditions?.some((one) => one.type === condition && one.status === 'True') === true;
        },
        timeoutSeconds * 1000,
      );
    },
    async delete({ kind, name }, timeoutSeconds) {
      const ref = { namespace: NAMESPACE, name };
      await kube.delete(ofKind(kind), ref);
      await waitFor(`end of ${kind} ${name}`, async () => (await kube.find(ofKind(kind), ref)) === undefined, timeoutSeconds * 1000);
    },
    async names(kind) {
      const resource = kind === 'PersistentVolumeClaim' ? claims : ofKind(kind);
      return (await kube.listAll(resource, { namespace: NAMESPACE })).items.map(({ metadata }) => metadata.name);
    },
  };
}
