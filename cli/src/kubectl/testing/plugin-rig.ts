import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import {
  createKubeClient,
  customResourceDefinitions,
  type KubeClient,
  type KubeObject,
  namespaces,
  type ObjectBody,
  type ObjectMeta,
  type Resource,
  readKubeConfigFile,
} from '@civitas/kube';
import { type PodLogSource, startApiServer } from '@civitas/localcluster';
import { parse } from 'yaml';
import { createTerminal } from '../../terminal/terminal.ts';
import type { KubectlContext } from '../context.ts';
import { API_VERSION, type CityObject, KINDS } from '../objects.ts';

const CRDS = new URL('../../../../charts/civitas/crds/', import.meta.url);
export const NAMESPACE = 'jincheng';
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** An API server with our kinds and no operator: tests say what an operator would have said. */
export interface PluginRig {
  readonly client: KubeClient;
  readonly kubeconfigPath: string;
  /** What commands printed, taken out. */
  printed(): string;
  context(overrides?: Partial<KubectlContext> & { readonly json?: boolean }): KubectlContext;
  make<T extends KubeObject>(resource: Resource<T>, kind: string, name: string, spec: object, metadata?: Partial<ObjectMeta>): Promise<T>;
  /** Writes a status as the operator would; conditions get a time. */
  say(resource: Resource<CityObject> | Resource, ref: { name: string; namespace?: string }, status: object): Promise<void>;
  stop(): Promise<void>;
}

/** @param octet second number of its loopback addresses, so that suites side by side do not meet. */
export async function startPluginRig(octet: number, logs?: PodLogSource): Promise<PluginRig> {
  const home = mkdtempSync(join(tmpdir(), 'plugin-'));
  const api = await startApiServer({ home, address: `127.${octet}.0.1`, port: 0, serviceCidr: `127.${octet}.1.0/24`, log: silent });
  if (logs !== undefined) api.attachPodLogs(logs);
  const client = createKubeClient(readKubeConfigFile(api.kubeconfigPath));
  for (const file of readdirSync(CRDS)) await client.create(customResourceDefinitions, parse(readFileSync(new URL(file, CRDS), 'utf8')));
  await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const lines: string[] = [];
  const stream = new Writable({ write: (chunk, _encoding, done) => done(void lines.push(String(chunk))) });
  return {
    client,
    kubeconfigPath: api.kubeconfigPath,
    printed: () => lines.splice(0).join(''),
    context: ({ json = false, ...overrides } = {}) => ({
      cluster: () => Promise.resolve(client),
      namespace: undefined,
      dryRun: false,
      terminal: createTerminal({ stdout: stream, stderr: stream }, { json }),
      signal: new AbortController().signal,
      nowUnixMs: () => Date.now(),
      ...overrides,
    }),
    make(resource, kind, name, spec, metadata = {}) {
      const namespace = resource.namespaced ? { namespace: NAMESPACE } : {};
      const body: ObjectBody = { apiVersion: API_VERSION, kind, metadata: { name, ...namespace, ...metadata }, spec };
      return client.create(resource, body);
    },
    async say(resource, ref, status) {
      await client.mergePatch(
        resource,
        { ...(resource.namespaced ? { namespace: NAMESPACE } : {}), ...ref },
        { status },
        { subresource: 'status' },
      );
    },
    async stop() {
      client.close();
      await api.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A network of four validators of which this many serve, as its operator reports it. */
export async function aNetwork(rig: PluginRig, name: string, spec: object = {}): Promise<void> {
  const pools = [{ name: 'validators', role: 'validator', replicas: 4 }];
  await rig.make(KINDS.networks, 'LedgerNetwork', name, {
    ...{ domain: 'health', chainId: `jincheng-${name}-1`, engine: 'cometbft', pools },
    ...spec,
  });
  for (let ordinal = 0; ordinal < 4; ordinal++)
    await rig.make(KINDS.nodes, 'LedgerNode', `${name}-${ordinal}`, {
      networkRef: name,
      role: 'validator',
      ordinal,
      organisation: 'hospital-1',
    });
}

/** A condition as the operator writes it. */
export function aCondition(type: string, status: string, reason: string, message = '', sinceMs = 0): object {
  const lastTransitionTime = `${new Date(Date.now() - sinceMs).toISOString().slice(0, 19)}Z`;
  return { type, status, reason, message, lastTransitionTime };
}
