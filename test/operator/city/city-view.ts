import {
  type Condition,
  createKubeClient,
  createReflector,
  defineResource,
  type KubeClient,
  type KubeObject,
  type Reflector,
  readKubeConfigFile,
} from '@civitas/kube';
import { waitFor } from '@civitas/testkit';

export const NAMESPACE = 'jincheng';

/** What is looked at of any object of ours. */
export interface CityObject extends KubeObject {
  readonly spec?: object;
  readonly status?: {
    readonly phase?: string;
    readonly message?: string;
    readonly engine?: string;
    readonly genesisHash?: string;
    readonly height?: number;
    readonly appHash?: string;
    readonly folder?: string;
    readonly validators?: { readonly caughtUp: number };
    readonly verified?: { readonly hash: string };
    readonly progress?: string;
    readonly conditions?: readonly Condition[];
  };
}

const KINDS = {
  AgencyMembership: 'agencymemberships',
  LedgerBackup: 'ledgerbackups',
  LedgerLink: 'ledgerlinks',
  LedgerLinkGrant: 'ledgerlinkgrants',
  LedgerNetwork: 'ledgernetworks',
  LedgerOperation: 'ledgeroperations',
  LedgerRestore: 'ledgerrestores',
  ValidatorChange: 'validatorchanges',
} as const;
export type CityKind = keyof typeof KINDS;

/** A running city's objects as watches tell them, and a person's hand on them. */
export interface CityView {
  readonly client: KubeClient;
  find(kind: CityKind, name: string): CityObject | undefined;
  condition(kind: CityKind, name: string, type: string): Condition | undefined;
  /** As often as wanted: what is there already stays. */
  apply(kind: CityKind, name: string, spec: object): Promise<void>;
  patch(kind: CityKind, name: string, spec: object): Promise<void>;
  delete(kind: CityKind, name: string): Promise<void>;
  /** @throws LateError with what the object says last. */
  until(kind: CityKind, name: string, holds: (object: CityObject | undefined) => boolean, ms: number): Promise<void>;
  close(): Promise<void>;
}

export async function openCityView(kubeconfigPath: string): Promise<CityView> {
  const client = createKubeClient(readKubeConfigFile(kubeconfigPath));
  const mirrors = new Map<string, Reflector<CityObject>>();
  for (const plural of Object.values(KINDS)) {
    const resource = defineResource<CityObject>({ group: 'civitas.dev', version: 'v1alpha1', namespaced: true, plural });
    mirrors.set(plural, createReflector({ client, resource, namespace: NAMESPACE }));
  }
  for (const mirror of mirrors.values()) mirror.start();
  await Promise.all([...mirrors.values()].map((mirror) => mirror.waitForSync()));

  const mirrorOf = (kind: CityKind): Reflector<CityObject> => {
    const mirror = mirrors.get(KINDS[kind]);
    if (mirror === undefined) throw new Error(`${kind} is not watched`);
    return mirror;
  };
  const find = (kind: CityKind, name: string): CityObject | undefined => mirrorOf(kind).store.get(`${NAMESPACE}/${name}`);
  return {
    client,
    find,
    condition: (kind, name, type) => find(kind, name)?.status?.conditions?.find((condition) => condition.type === type),
    async apply(kind, name, spec) {
      const body = { apiVersion: 'civitas.dev/v1alpha1', kind, metadata: { name, namespace: NAMESPACE }, spec };
      await client.apply(mirrorOf(kind).resource, body, { fieldManager: 'a-person', force: true });
    },
    async patch(kind, name, spec) {
      await client.mergePatch(mirrorOf(kind).resource, { namespace: NAMESPACE, name }, { spec });
    },
    async delete(kind, name) {
      await client.delete(mirrorOf(kind).resource, { namespace: NAMESPACE, name });
    },
    async until(kind, name, holds, ms) {
      const isThere = (): boolean => holds(find(kind, name));
      await waitFor(`${kind} ${name} as expected`, isThere, ms).catch((error: unknown) => {
        if (error instanceof Error) error.message += `; it says ${JSON.stringify(find(kind, name)?.status)}`;
        throw error;
      });
    },
    async close() {
      await Promise.all([...mirrors.values()].map((mirror) => mirror.stop()));
      client.close();
    },
  };
}
