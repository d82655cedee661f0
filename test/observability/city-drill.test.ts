import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openParties } from '@civitas/cli';
import { PORTS } from '@civitas/deployment';
import { LateError, waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ENGINE_JOB, type ScrapeTarget } from '../../tools/start/scrape-config.ts';
import { type ConsensusNetwork, findEngineBinary, startConsensusNetwork } from '../consensus/network/consensus-network.ts';
import { describeWith } from '../describe-with.ts';
import { kubectl, kubectlPresent } from '../e2e/commands.ts';
import { findPodProcess } from '../e2e/pod-processes.ts';
import { ROOT, type RunningCity, readReady, startCity } from '../e2e/running-city.ts';
import { ConsolePerson } from './faults/console-person.ts';
import { consensusKeyOf, type Fork, forkOf } from './faults/forged-header.ts';
import { HeldPod } from './faults/held-pod.ts';
import { IdentityProvider } from './faults/identity-provider.ts';
import { sharedFault } from './faults/shared-fault.ts';
import { type Drilled, drill, drillAll, type Fault, printDrilled } from './monitoring/drill.ts';
import { DRILL_ADDRESS, DrillMonitoring, MONITORING_MISSING, monitoringFound } from './monitoring/drill-monitoring.ts';
import { panelAnswers } from './monitoring/panels.ts';
import { waitForCause } from './monitoring/runbook.ts';

const NAMESPACE = 'jincheng';
const SYSTEM = 'civitas-system';
const READY_MS = 240_000;
/** For a step of a busy city, ms. */
const PATIENCE_MS = 120_000;
const LINK = 'city-health';
/** Its city end is shown two headers of housing. */
const FORKED_LINK = 'city-housing';
/** A record that is not there: what proves that is the newest header. */
const NO_ACCOUNT = `housing.account/accounts/${'A'.repeat(22)}`;
const IDENTITY_ADDRESS = '127.0.77.2';
/** Of all queries of all panels, how many must have data where everything is scraped that there is. */
const ANSWERED_SHARE_MIN = 0.95;
const SCHEDULE = JSON.stringify({
  apiVersion: 'civitas.dev/v1alpha1',
  kind: 'LedgerBackupSchedule',
  metadata: { name: 'yearly', namespace: NAMESPACE },
  spec: { networkRef: 'housing', schedule: '0 3 1 1 *', target: { volume: { claimName: 'backups' } } },
});
const rollOver = (name: string): string =>
  JSON.stringify({
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'LedgerOperation',
    metadata: { name, namespace: NAMESPACE },
    spec: { networkRef: 'courts', type: 'RotateCA', overlapSeconds: 0 },
  });
/** Signed by nobody: all that the operator has to do with it is to say so in its status. */
const PACK = JSON.stringify({
  apiVersion: 'civitas.dev/v1alpha1',
  kind: 'PackInstall',
  metadata: { name: 'of-nobody', namespace: NAMESPACE },
  spec: {
    networkRef: 'housing',
    pack: { name: 'of-nobody', version: '1.0.0', contracts: ['housing.nobody@v1'] },
    publisher: 'A'.repeat(43),
    signature: 'A'.repeat(86),
  },
});
/** The right that an installation of another version may have forgotten. */
const STATUS_OF_PACKS = 'packinstalls/status';

interface ScrapeConfig {
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly static_configs: readonly { readonly targets: readonly string[]; readonly labels: ScrapeTarget['labels'] }[];
  }[];
}

interface ClusterRole {
  readonly rules: readonly { readonly resources: readonly string[] }[];
}

const found = kubectlPresent ? monitoringFound : undefined;

describeWith({ found, missing: `${MONITORING_MISSING}; kubectl` }, 'a city under Prometheus', () => {
  const home = mkdtempSync(join(tmpdir(), 'civitas-drill-city-'));
  const drilled: Drilled[] = [];
  let city: RunningCity;
  let monitoring: DrillMonitoring;
  let provider: IdentityProvider;
  let admin: ConsolePerson;
  let rollOvers = 0;

  const run = async (args: readonly string[], input?: string): Promise<string> => {
    const { code, stdout, stderr } = await kubectl(home, args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const merge = (kind: string, name: string, patch: object): Promise<string> =>
    run(['patch', kind, name, '-n', NAMESPACE, '--type=merge', '-p', JSON.stringify(patch)]);
  const look = (alert: string, known: Readonly<Record<string, string>>, shows: RegExp) => async (): Promise<void> => {
    const path = `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
    const environment = { PATH: path, HOME: home, CIVITAS_HOME: home, KUBECONFIG: join(home, 'kubeconfig') };
    await waitForCause(alert, shows, { known: { namespace: NAMESPACE, ...known }, environment });
  };
  const hold = (pod: string): Pick<Fault, 'inject' | 'cure'> => {
    const held = new HeldPod(home, pod);
    return { inject: () => held.hold(), cure: () => held.letGo() };
  };
  const consoleProcess = (): number => {
    const pid = findPodProcess(home, 'civitas-console');
    if (pid === undefined) throw new Error('the console has no process');
    return pid;
  };
  const secretOf = async (client: string): Promise<string> => {
    const secret = await run(['get', 'secret', `identity-client-${client}`, '-n', SYSTEM, '-o', 'jsonpath={.data.clientSecret}']);
    return Buffer.from(secret, 'base64').toString();
  };
  /** What the console on one machine lacks: an identity provider that can be stopped without it. */
  const giveIdentityProvider = async (): Promise<void> => {
    const { console: url } = readReady(home);
    provider = new IdentityProvider(IDENTITY_ADDRESS, { operator: await secretOf('operator'), console: await secretOf('console') });
    await provider.start();
    admin = new ConsolePerson({ provider: provider.url, ...provider.admin });
    const config = JSON.stringify({ schemaVersion: 1, url, identity: { profile: 'keycloak', url: provider.url, realm: 'city' } });
    const patch = JSON.stringify({ data: { 'config.json': config } });
    await run(['patch', 'configmap', 'civitas-console', '-n', SYSTEM, '--type=merge', '-p', patch]);
    const mounted = join(home, 'pods', `${SYSTEM}_civitas-console_*`, 'root', 'etc', 'civitas-console', 'config.json');
    const isMounted = (): boolean => globSync(mounted).some((path) => readFileSync(path, 'utf8') === config);
    await waitFor('the provider in the mounted configuration', isMounted, PATIENCE_MS);
    process.kill(consoleProcess(), 'SIGTERM');
    const asks = async (): Promise<boolean> => (await (await fetch(`${url}/api/v1/config`)).text()).includes(provider.url);
    await waitFor('the console that asks it', asks, PATIENCE_MS);
  };

  beforeAll(async () => {
    city = await startCity(home, { arguments: ['--prometheus'], readyWithinMs: READY_MS });
    await giveIdentityProvider();
    monitoring = await DrillMonitoring.start(DRILL_ADDRESS, cityTargets(home));
    await run(['patch', 'cityconfig', 'jincheng', '--type=merge', '-p', '{"spec":{"observability":{"probe":{"intervalSeconds":1}}}}']);
  }, 600_000);
  afterAll(async () => {
    printDrilled('city', drilled);
    await monitoring?.stop();
    await city?.stop();
    await provider?.remove();
    rmSync(home, { recursive: true, force: true });
  }, 60_000);

  test('has a Prometheus and an Alertmanager of its own after npm start -- --prometheus', async () => {
    await waitFor('their addresses', () => city.output().includes('Alertmanager: http://'), 60_000);
    const [, own = ''] = /Prometheus: (http:\S+),/.exec(city.output()) ?? [];
    await waitFor(
      'its Prometheus to hold the rules',
      async () => {
        const response = await fetch(`${own}/api/v1/rules?type=alert`);
        return (await response.text()).includes('CivitasChainStalled');
      },
      60_000,
    );
    const targets = async (): Promise<string> => (await fetch(`${own}/api/v1/alertmanagers`)).text();
    await waitFor('its Alertmanager', async () => (await targets()).includes(':9093'), 60_000);
    expect(readFileSync(join(home, 'prometheus.yml'), 'utf8')).toContain('civitas.rules.yaml');
  });

  test('has data in the panels of every dashboard, with four validators on CometBFT scraped beside it', async () => {
    const network = findEngineBinary() === undefined ? undefined : await startConsensusNetwork({ chainId: 'lakeside-health-1' });
    const alone = cityTargets(home);
    try {
      await monitoring.scrape([...alone, ...(network === undefined ? [] : targetsOf(network))]);
      let answers = await panelAnswers(monitoring.prometheusUrl, '30s');
      const isWhole = async (): Promise<boolean> => {
        await fetch(`${readReady(home).console}/api/v1/config`);
        answers = await panelAnswers(monitoring.prometheusUrl, '30s');
        const share = network === undefined ? 0 : ANSWERED_SHARE_MIN;
        return answers.missing.length === 0 && answers.answeredCount >= share * answers.allCount;
      };
      await waitFor('data in every panel', isWhole, PATIENCE_MS).catch((cause: unknown) => {
        throw new LateError(`without data: ${answers.empty.join('; ')}`, { cause });
      });
      const { answeredCount, allCount, empty } = answers;
      process.stdout.write(`panels: ${answeredCount} of ${allCount} queries have data; without: ${empty.join('; ')}\n`);
    } finally {
      await network?.stop();
      await monitoring.scrape(alone);
    }
  });

  test('tells of a relay, links, backups, a reconcile and an audit log, all at once', async () => {
    const parties = openParties(home);
    let fork: Fork | undefined;
    const rights = await run(['get', 'clusterrole', 'civitas-operator', '-o', 'json']);
    const faults: readonly Fault[] = [
      {
        fault: 'the relay hangs',
        alert: 'CivitasRelayGone',
        labels: {},
        ...hold('relay-0'),
        look: look('CivitasRelayGone', {}, /relay-0\s+0\/1/),
      },
      {
        fault: 'a person freezes a link',
        alert: 'CivitasLinkFrozen',
        labels: { link: `${NAMESPACE}/${LINK}` },
        inject: async () => void (await merge('llink', LINK, { spec: { frozen: true } })),
        look: look('CivitasLinkFrozen', { link: LINK, network: 'health' }, /AskedFor/),
        cure: async () => void (await merge('llink', LINK, { spec: { frozen: null } })),
      },
      {
        fault: 'a validator signs two headers of one height, and a ledger is shown both',
        alert: 'CivitasLinkClientFrozen',
        labels: { network: 'jincheng-city-1', peer: 'jincheng-housing-1' },
        inject: async () => {
          const { lightBlock } = await parties.ledger('fund-centre', 'housing').read(NO_ACCOUNT, { withProof: true });
          fork = forkOf(lightBlock, consensusKeyOf(home, 'housing-0'));
          const args = { peer: 'jincheng-housing-1', first: fork.first, second: fork.second };
          const call = { contract: 'links@v1', method: 'misbehaviour', role: 'member', args };
          const shown = await parties.ledger('fund-centre', 'city').submit(call);
          if (!shown.ok) throw new Error(`the evidence was refused: ${JSON.stringify(shown.refusal)}`);
        },
        look: look('CivitasLinkClientFrozen', { link: FORKED_LINK, network: 'housing' }, /Misbehaviour/),
        cure: async () => {
          const { height, blockHash } = fork ?? {};
          await merge('llink', FORKED_LINK, { spec: { thaw: { network: 'city', height, blockHash } } });
        },
      },
      {
        fault: 'a schedule of backups has made none',
        alert: 'CivitasBackupUnhealthy',
        labels: { resource: `${NAMESPACE}/housing` },
        inject: async () => void (await run(['apply', '-f', '-'], SCHEDULE)),
        look: look('CivitasBackupUnhealthy', { network: 'housing' }, /NoBackupYet/),
        cure: async () => void (await run(['delete', 'lbsched', 'yearly', '-n', NAMESPACE])),
      },
      {
        fault: 'a right is taken from the operator',
        alert: 'CivitasReconcileErrors',
        labels: { controller: 'packinstall' },
        inject: async () => {
          const role: ClusterRole = JSON.parse(rights);
          const fewer = role.rules.map((rule) => ({ ...rule, resources: rule.resources.filter((name) => name !== STATUS_OF_PACKS) }));
          await run(['replace', '-f', '-'], JSON.stringify({ ...role, metadata: { name: 'civitas-operator' }, rules: fewer }));
          await run(['apply', '-f', '-'], PACK);
        },
        look: look('CivitasReconcileErrors', {}, /forbidden[^\n]*packinstalls|packinstalls[^\n]*forbidden/i),
        cure: async () => {
          const role: ClusterRole = JSON.parse(rights);
          await run(['replace', '-f', '-'], JSON.stringify({ ...role, metadata: { name: 'civitas-operator' } }));
          await run(['delete', 'pack', 'of-nobody', '-n', NAMESPACE]);
        },
      },
      {
        fault: 'the console’s files cannot grow',
        alert: 'CivitasAuditLogUnwritable',
        labels: {},
        inject: async () => {
          limitFiles(consoleProcess(), '0');
          expect(await admin.touchAgency(readReady(home).console, 'hospital-1')).toContain('AUDIT_UNAVAILABLE');
        },
        look: look('CivitasAuditLogUnwritable', {}, /AUDIT_UNAVAILABLE/),
        cure: () => {
          limitFiles(consoleProcess(), 'unlimited');
          // What the failed write has left is looked at by the next start alone.
          process.kill(consoleProcess(), 'SIGTERM');
        },
      },
    ];
    drilled.push(...(await drillAll(monitoring, faults)));
    parties.close();
  });

  test('tells of a ledger that hangs, of the roll-over that it holds up, and of an identity provider that is gone', async () => {
    const { inject, cure } = hold('courts-0');
    const hanging = {
      inject: async () => {
        await inject();
        rollOvers += 1;
        await run(['apply', '-f', '-'], rollOver(`another-authority-${rollOvers}`));
      },
      cure,
    };
    const relay = await run(['get', 'pod', 'relay-0', '-n', NAMESPACE, '-o', 'jsonpath={.status.podIP}']);
    const failedProbes = /civitas_probe_operations_total\{[^}]*jincheng-courts-1[^}]*"failed"[^}]*\} [1-9]/;
    const faults = sharedFault(hanging, [
      {
        fault: 'the node of a network of one validator hangs',
        alert: 'CivitasTargetDown',
        labels: { pod: 'courts-0' },
        look: look('CivitasTargetDown', { pod: 'courts-0' }, /courts-0\s+0\/1/),
      },
      {
        fault: 'the same node answers no probe',
        alert: 'CivitasProbeOperationsFailing',
        labels: { network: 'jincheng-courts-1' },
        look: look('CivitasProbeOperationsFailing', { network: 'courts', 'pod address': relay }, failedProbes),
      },
      {
        fault: 'the same node holds up the roll-over of its authority',
        alert: 'CivitasAuthorityRollOverStuck',
        labels: {},
        look: look('CivitasAuthorityRollOverStuck', { network: 'courts' }, /courts\s+Trusting/),
      },
    ]);
    const identityDown: Fault = {
      fault: 'the identity provider is stopped',
      alert: 'CivitasIdentityProviderDown',
      labels: {},
      inject: () => provider.stop(),
      look: look('CivitasIdentityProviderDown', { 'identity url': provider.url }, /openid-configuration\n000/),
      cure: () => provider.start(),
    };
    drilled.push(...(await drillAll(monitoring, [...faults, identityDown])));
  });

  test('tells of an operator that hangs', async () => {
    drilled.push(
      await drill(monitoring, {
        fault: 'the operator hangs',
        alert: 'CivitasOperatorWithoutLeader',
        labels: {},
        ...hold('civitas-operator'),
        look: look('CivitasOperatorWithoutLeader', {}, /holderIdentity/),
      }),
    );
  });
});

/** @param bytes to which the files of a process may grow. */
function limitFiles(pid: number, bytes: string): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`prlimit: ${stderr}`);
}

/** What the city has its own Prometheus scrape. */
function cityTargets(home: string): readonly ScrapeTarget[] {
  const config: ScrapeConfig = parse(readFileSync(join(home, 'prometheus.yml'), 'utf8'));
  return config.scrape_configs.flatMap(({ job_name: job, static_configs }) =>
    static_configs.flatMap(({ targets, labels }) => targets.map((address) => ({ job, address, labels }))),
  );
}

function targetsOf(network: ConsensusNetwork): readonly ScrapeTarget[] {
  return network.indexes.flatMap((index) => {
    const { address, name } = network.pod(index).options;
    const labels = { pod: name, namespace: 'lakeside' };
    return [
      { job: 'civitas-node', address: `${address}:${PORTS.metrics}`, labels },
      { job: ENGINE_JOB, address: `${address}:${PORTS.engineMetrics}`, labels: { ...labels, node: name } },
    ];
  });
}
