// `npm start` over the real API server of this worker: the same programs, manifests and process kubelet behind other doors.
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKubeClient, readKubeConfigFile } from '@civitas/kube';
import { TokenSigner } from '../../../packages/localcluster/src/api/auth/token.ts';
import { type CityApi, runCity } from '../../../tools/start/city.ts';
import { parseOptions } from '../../../tools/start/options.ts';
import { openRemoteClusterPort } from '../cluster/remote-cluster-port.ts';
import { sharedCluster } from '../cluster/shared-cluster.ts';

/** As startKubelet names it. */
const NODE_NAME = 'laptop';
const TOKEN_SECONDS = 86_400;

async function openRealApi({
  home,
  log,
}: {
  readonly home: string;
  readonly log: { error(facts: object, message: string): void };
}): Promise<CityApi> {
  const { url, caPem, kubeconfigPath: shared, tokenKeyPath } = sharedCluster();
  const kubeconfigPath = join(home, 'kubeconfig');
  copyFileSync(shared, kubeconfigPath);
  const client = createKubeClient(readKubeConfigFile(kubeconfigPath));
  const signer = new TokenSigner(readFileSync(tokenKeyPath, 'utf8'));
  const remote = await openRemoteClusterPort({
    client,
    nodeName: NODE_NAME,
    log,
    tokenOf(account) {
      const nowUnixSeconds = Math.floor(Date.now() / 1000);
      return signer.sign({ ...account, audiences: [url], expiresUnixSeconds: nowUnixSeconds + TOKEN_SECONDS }, nowUnixSeconds);
    },
  });
  return {
    ...{ url, caPem, kubeconfigPath, port: remote.port },
    // A real API server asks a kubelet for logs at its own port, which this one does not have: they are files of the home.
    attachPodLogs: () => undefined,
    async stop() {
      await remote.stop();
      client.close();
    },
  };
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal));
await runCity(parseOptions(process.argv.slice(2)), (line) => process.stdout.write(`${line}\n`), stop.signal, openRealApi);
process.exit(0);
