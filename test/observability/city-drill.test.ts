import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCluster } from '@civitas/cli';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fetchScrapeTargets } from '../../tools/start/scrape-config.ts';
import { describeWith } from '../describe-with.ts';
import { kubectl, kubectlPresent } from '../e2e/commands.ts';
import { findPodProcess } from '../e2e/pod-processes.ts';
import { ROOT, type RunningCity, startCity } from '../e2e/running-city.ts';
import { type Drilled, drillAll, printDrilled } from './monitoring/drill.ts';
import { DRILL_ADDRESS, DrillMonitoring, MONITORING_MISSING, monitoringFound } from './monitoring/drill-monitoring.ts';
import { panelAnswers } from './monitoring/panels.ts';
import { waitForCause } from './monitoring/runbook.ts';

const NAMESPACE = 'jincheng';
const READY_MS = 240_000;
const LINK = 'city-health';
const SCHEDULE = JSON.stringify({
  apiVersion: 'civitas.dev/v1alpha1',
  kind: 'LedgerBackupSchedule',
  metadata: { name: 'yearly', namespace: NAMESPACE },
  spec: { networkRef: 'housing', schedule: '0 3 1 1 *', target: { volume: { claimName: 'backups' } } },
});

const found = kubectlPresent ? monitoringFound : undefined;

describeWith({ found, missing: `${MONITORING_MISSING}; kubectl` }, 'a city under Prometheus', () => {
  const home = mkdtempSync(join(tmpdir(), 'civitas-drill-city-'));
  const drilled: Drilled[] = [];
  let city: RunningCity;
  let monitoring: DrillMonitoring;

  const run = async (args: readonly string[], input?: string): Promise<void> => {
    const { code, stderr } = await kubectl(home, args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  };
  const look = (alert: string, known: Readonly<Record<string, string>>, shows: RegExp) => async (): Promise<void> => {
    const path = `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
    const environment = { PATH: path, HOME: home, CIVITAS_HOME: home, KUBECONFIG: join(home, 'kubeconfig') };
    await waitForCause(alert, shows, { known: { namespace: NAMESPACE, ...known }, environment });
  };
  /** Holds a pod's process as a machine that hangs does; what the kubelet has replaced meanwhile needs no letting go. */
  const hold = (pod: string): { inject(): void; cure(): void } => {
    let pid: number | undefined;
    return {
      inject: () => {
        pid = findPodProcess(home, pod);
        if (pid === undefined) throw new Error(`${pod} has no process`);
        process.kill(pid, 'SIGSTOP');
      },
      cure: () => {
        if (pid !== undefined && existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGCONT');
      },
    };
  };

  beforeAll(async () => {
    city = await startCity(home, { arguments: ['--prometheus'], readyWithinMs: READY_MS });
    monitoring = await DrillMonitoring.start(DRILL_ADDRESS, await fetchScrapeTargets(connectCluster(home)));
  }, 400_000);
  afterAll(async () => {
    printDrilled('city', drilled);
    await monitoring?.stop();
    await city?.stop();
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

  test('has data in the panels of every dashboard', async () => {
    const [, own = ''] = /Prometheus: (http:\S+),/.exec(city.output()) ?? [];
    let answers = await panelAnswers(own, '1m');
    const whole = async (): Promise<boolean> => {
      answers = await panelAnswers(own, '1m');
      return answers.missing.length === 0;
    };
    await waitFor('data in every panel', whole, 120_000).catch(() => expect(answers.missing).toEqual([]));
    process.stdout.write(
      `panels: ${answers.answeredCount} of ${answers.allCount} queries have data in a city without CometBFT and probe\n`,
    );
  });

  test('tells of a relay that hangs, a link that is frozen and backups that are not made, all at once', async () => {
    drilled.push(
      ...(await drillAll(monitoring, [
        {
          fault: 'the relay hangs',
          alert: 'CivitasRelayGone',
          labels: {},
          ...hold('relay-0'),
          look: look('CivitasRelayGone', {}, /relay-0\s+0\/1/),
        },
        {
          fault: 'a link is frozen',
          alert: 'CivitasLinkFrozen',
          labels: { link: `${NAMESPACE}/${LINK}` },
          inject: () => run(['patch', 'llink', LINK, '-n', NAMESPACE, '--type=merge', '-p', '{"spec":{"frozen":true}}']),
          look: look('CivitasLinkFrozen', { link: LINK, network: 'health' }, /AskedFor/),
          cure: () => run(['patch', 'llink', LINK, '-n', NAMESPACE, '--type=merge', '-p', '{"spec":{"frozen":null}}']),
        },
        {
          fault: 'a schedule of backups has made none',
          alert: 'CivitasBackupUnhealthy',
          labels: { resource: `${NAMESPACE}/housing` },
          inject: () => run(['apply', '-f', '-'], SCHEDULE),
          look: look('CivitasBackupUnhealthy', { network: 'housing' }, /NoBackupYet/),
          cure: () => run(['delete', 'lbsched', 'yearly', '-n', NAMESPACE]),
        },
      ])),
    );
  });

  test('tells of an operator that hangs, and of one ledger that does', async () => {
    drilled.push(
      ...(await drillAll(monitoring, [
        {
          fault: 'the operator hangs',
          alert: 'CivitasOperatorWithoutLeader',
          labels: {},
          ...hold('civitas-operator'),
          look: look('CivitasOperatorWithoutLeader', {}, /holderIdentity/),
        },
        {
          fault: 'the node of a network of one validator hangs',
          alert: 'CivitasTargetDown',
          labels: { pod: 'courts-0' },
          ...hold('courts-0'),
          look: look('CivitasTargetDown', { pod: 'courts-0' }, /courts-0\s+0\/1/),
        },
      ])),
    );
  });
});
