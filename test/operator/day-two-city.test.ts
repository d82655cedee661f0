import { join } from 'node:path';
import { test } from '@jest/globals';
import { findKubeTools } from '../../tools/kube/kube-tools.ts';
import { findS3Tool } from '../../tools/s3/s3-tool.ts';
import { findEngineBinary } from '../consensus/network/consensus-network.ts';
import { describeWith } from '../describe-with.ts';
import { ROOT, type RunningCity, startCity } from '../e2e/running-city.ts';
import { backUpAndRestore } from './city/bucket-backup.ts';
import { withCity } from './city/city-under-test.ts';
import { endForGood, mendValidators, rotate, sleepAndWake } from './city/day-two.ts';
import { grow } from './city/growth.ts';
import { enrolAndEnd, grantAndTakeBack } from './city/members-and-grants.ts';
import { startTestCluster, type TestCluster } from './cluster/test-cluster.ts';

const NETWORK = 'transport';
const S3_PORT = 17_793;
const READY_WITHIN_MS = 300_000;
const SERVE_CITY = join(ROOT, 'test/operator/city/serve-city.ts');
const isFull = process.env['CIVITAS_FULL'] === '1';
const found = findEngineBinary() && findS3Tool()?.folder;
let cluster: TestCluster | undefined;

/** kube-apiserver, etcd and its controllers are the real ones; nodes, engines and relay run as processes of this machine. */
const ON_KUBERNETES = {
  name: 'a city on the real API server',
  found: found && findKubeTools()?.folder,
  missing: 'no Kubernetes, S3 server or engine; npm run kube:install, s3:install, engine:install',
  async start(home: string): Promise<RunningCity> {
    cluster = await startTestCluster();
    return startCity(home, { readyWithinMs: READY_WITHIN_MS, command: [process.execPath, SERVE_CITY] });
  },
  end: async (): Promise<void> => cluster?.stop(),
};

/** The same on one machine's own API, with --full. */
const ON_ONE_MACHINE = {
  ...{ name: 'a city on one machine', found, missing: 'no S3 server or engine; npm run s3:install, engine:install' },
  start: (home: string): Promise<RunningCity> => startCity(home, { readyWithinMs: READY_WITHIN_MS }),
  end: async (): Promise<void> => undefined,
};

for (const { name, start, end, ...needed } of isFull ? [ON_KUBERNETES, ON_ONE_MACHINE] : [ON_KUBERNETES]) {
  describeWith(needed, name, () => {
    const city = withCity(start, end);

    // Each limit is longer than all that its test waits for, one after the other: what is late is told by the wait that was.
    test(
      'an AgencyMembership is enrolled on the ledger by its members, and ended there by them when it is to end',
      () => enrolAndEnd(city),
      400_000,
    );
    test(
      'a LedgerLinkGrant closes a real ledger to whom it does not name, and its end opens it again',
      () => grantAndTakeBack(city),
      520_000,
    );
    test(
      'grows from one embedded validator to four of three organisations, while cases go over its links and its operator is killed',
      () => grow(city, NETWORK),
      900_000,
    );
    // On kubelets with containers `npm run test:cluster` does these each time.
    if (isFull)
      test('goes through certificates, authority and restart, while cases go over its links', () => rotate(city, NETWORK), 1_500_000);
    test(
      'has a validator fenced, given back and made anew from its peers, and another one’s key changed once a person and the members say so',
      () => mendValidators(city, NETWORK),
      2_400_000,
    );
    test(
      'is backed up to a bucket, verified there, and founds another network with the same app hash',
      () => backUpAndRestore(city, NETWORK, S3_PORT),
      560_000,
    );
    test('sleeps without a pod, keeps its volumes, and goes on with the same chain', () => sleepAndWake(city, NETWORK), 450_000);
    test(
      'a network whose data go with it is ended for good on the ledgers that heard it, before it goes',
      () => endForGood(city, 'courts', ['city', NETWORK]),
      400_000,
    );
  });
}
