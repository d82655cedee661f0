import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, createKubeClient, type KubeClient, type KubeObject, type Resource, readKubeConfigFile } from '@civitas/kube';
import { Fault } from '../fault.ts';
import { CLIENT_NAME } from './client-name.ts';
import { KUBECONFIG_FILE } from './home.ts';
import { listProfiles } from './load-profile.ts';
import { PROFILE_FILES, profileFolder, replaceFile } from './profile-files.ts';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const configMaps: Resource<ConfigMap> = { group: '', version: 'v1', plural: 'configmaps', namespaced: true };

/** What a refresh found for one agency. */
export interface Refreshed {
  readonly agency: string;
  readonly networks: readonly string[];
}

/** A client of the home's own cluster, or of KUBECONFIG. @throws Fault KUBECONFIG_MISSING. */
export function connectCluster(home: string, env: NodeJS.ProcessEnv = process.env): KubeClient {
  const file = [join(home, KUBECONFIG_FILE), env['KUBECONFIG'] ?? ''].find((path) => path !== '' && existsSync(path));
  if (file === undefined) {
    throw new Fault(
      'KUBECONFIG_MISSING',
      `no kubeconfig at ${join(home, KUBECONFIG_FILE)} and KUBECONFIG names none: is the city started (npm start)?`,
    );
  }
  return createKubeClient(readKubeConfigFile(file));
}

/** Runs `work` with a client of the home's cluster. @throws Fault CALL_FAILED where its API does not answer. */
export async function withCluster<T>(home: string, work: (kube: KubeClient) => Promise<T>): Promise<T> {
  const kube = connectCluster(home);
  try {
    return await work(kube);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new Fault(
      'CALL_FAILED',
      `the city's Kubernetes API does not answer as it should: ${error.message}; is the city started (npm start)?`,
      {
        cause: error,
      },
    );
  } finally {
    kube.close();
  }
}

/** Brings one profile's certificates and network documents from `agency-<agency>/client-cli`. */
export async function refreshProfile(home: string, agency: string, kube: KubeClient): Promise<Refreshed> {
  const map = await kube.find(configMaps, { namespace: `agency-${agency}`, name: `client-${CLIENT_NAME}` });
  const data = map?.data ?? {};
  const networks: string[] = [];
  for (const [file, json] of Object.entries(data)) {
    const network = file.replace(/\.json$/, '');
    const certificates = data[`${network}.crt`];
    if (network === file || certificates === undefined) continue;
    const place = join(profileFolder(home, agency), PROFILE_FILES.networks);
    // The document goes last: a network counts as known only once its certificate is there.
    replaceFile(join(place, `${network}.crt`), certificates);
    replaceFile(join(place, `${network}.json`), json);
    networks.push(network);
  }
  return { agency, networks: networks.sort() };
}

/** The same for every profile of the home. */
export async function refreshProfiles(home: string, kube: KubeClient): Promise<Refreshed[]> {
  const refreshed: Refreshed[] = [];
  for (const agency of listProfiles(home)) refreshed.push(await refreshProfile(home, agency, kube));
  return refreshed;
}
