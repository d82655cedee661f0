import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithKubernetes } from '../operator/describe-with-kubernetes.ts';
import { CHART, NAMESPACE, parseObjects, ROOT, renderText, VALUE_SETS, valuesFile } from './helm.ts';
import { type ChartServer, startChartServer } from './real-server.ts';
import { chartPods, operatorPods, type PodSource } from './rendered-pods.ts';

/** Kinds of the Prometheus operator and of the Gateway API are not there: their definitions cannot be had here. */
const NOT_SERVED = ['monitoring.coreos.com/v1', 'gateway.networking.k8s.io/v1'];

describeWithKubernetes('the chart on a real API server', () => {
  let server: ChartServer;

  beforeAll(async () => {
    server = await startChartServer();
  }, 120_000);

  afterAll(async () => {
    await server?.stop();
  });

  test('is installed, and its notes say what uninstalling leaves', () => {
    expect(server.notes).toContain('STATUS: deployed');
    expect(server.notes).toContain('definitions stay');
    expect(server.notes).not.toContain('WARNING');
  });

  test('the notes warn of what was switched off', () => {
    const { stdout } = server.helm(['upgrade', 'civitas', CHART, '--dry-run=server', '--values', valuesFile('bare')]);
    for (const warning of ['admissionPolicies.enabled is false', 'networkPolicies.enabled is false', 'helm show crds'])
      expect(stdout).toContain(warning);
  });

  test.each(VALUE_SETS)('takes every object of the values %s in a dry run', (set) => {
    const served = parseObjects(renderText(set)).filter(({ apiVersion }) => !NOT_SERVED.includes(apiVersion));
    const list = { apiVersion: 'v1', kind: 'List', items: served };
    const dryRun = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '-f', '-'];
    const { status, said } = server.kubectl(dryRun, JSON.stringify(list));
    expect({ status, warnings: said.split('\n').filter((line) => /warning|error/i.test(line)) }).toEqual({ status: 0, warnings: [] });
    expect(said.trim().split('\n').length).toBe(served.length);
  });

  test('takes the manifests that the operator makes', () => {
    const folder = join(ROOT, 'test/vectors/operator');
    for (const name of readdirSync(folder)) {
      const items = parseObjects(readFileSync(join(folder, name), 'utf8')).map(({ metadata, ...rest }) => {
        const place = metadata.namespace === undefined ? {} : { namespace: 'default' };
        return { ...rest, metadata: { ...metadata, ...place, ownerReferences: [] } };
      });
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
      const { status, said } = server.kubectl(['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'], list);
      expect({ name, status, said }).toEqual({ name, status: 0, said: expect.stringContaining('serverside-applied') });
    }
  });

  const admit = ({ spec }: PodSource, change: object = {}): string => {
    // ServiceAccounts of other namespaces and of the Job are not there; the standard does not speak of them.
    const own = { ...spec, ...change, serviceAccountName: 'default', priorityClassName: undefined, restartPolicy: 'Always' };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'tried', namespace: NAMESPACE }, spec: own };
    return server.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod)).said;
  };

  test('Pod Security admission, as the namespace enforces it, lets every pod of the chart and of the operator in', () => {
    for (const pod of [...chartPods(), ...operatorPods()]) expect(`${pod.from}: ${admit(pod)}`).toContain('pod/tried created');
  });

  test('and would not let them in with a port of the machine, or as root', () => {
    const [pod] = operatorPods();
    if (pod === undefined) throw new Error('the operator makes no pod');
    expect(admit(pod, { hostNetwork: true })).toContain('violates PodSecurity "restricted:latest": host namespaces');
    expect(admit(pod, { securityContext: { runAsUser: 0 } })).toContain('runAsNonRoot != true');
  });

  const definition = (path: string): string => server.kubectl(['get', 'crd', 'ledgernetworks.civitas.dev', '-o', `jsonpath=${path}`]).said;

  test('helm upgrade leaves definitions as they are; the operator’s program brings them up with the rights of the Job', () => {
    server.kubectl(['patch', 'crd', 'ledgernetworks.civitas.dev', '--type=merge', '-p', '{"spec":{"names":{"shortNames":["old"]}}}']);
    const { status, stderr } = server.helm(['upgrade', 'civitas', CHART, '--no-hooks', '--set', 'operator.replicas=3']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(definition('{.spec.names.shortNames}')).toBe('["old"]');

    const hooks = parseObjects(renderText('default')).filter(({ kind, metadata }) => metadata.name === 'civitas-crds' && kind !== 'Job');
    const rights = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: hooks });
    server.kubectl(['apply', '-f', '-'], rights);
    const token = server.kubectl(['create', 'token', 'civitas-crds', '--namespace', NAMESPACE]).said.trim();
    const { cluster } = server;
    const config = join(cluster.home, 'crds.kubeconfig');
    const own = ['config', '--kubeconfig', config];
    server.kubectl([...own, 'set-cluster', 'real', '--server', cluster.url, '--certificate-authority', join(cluster.home, 'api/ca.crt')]);
    server.kubectl([...own, 'set-credentials', 'job', '--token', token]);
    server.kubectl([...own, 'set-context', 'real', '--cluster', 'real', '--user', 'job']);
    server.kubectl([...own, 'use-context', 'real']);
    const program = [join(ROOT, 'operator/src/main.ts'), 'crds'];
    const run = spawnSync(process.execPath, program, { encoding: 'utf8', env: { KUBECONFIG: config } });
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' });
    expect(run.stdout).toContain('ledgernetworks.civitas.dev is served\n');
    expect(definition('{.spec.names.shortNames}')).toBe('["lnet"]');
    // What helm does with hooks that succeeded.
    server.kubectl(['delete', '-f', '-'], rights);
  });

  test('a Job that does not come to its end stops the upgrade before anything was changed, and leaves no rights', () => {
    const replicas = (): string =>
      server.kubectl(['get', 'deployment', 'civitas-operator', '--namespace', NAMESPACE, '-o', 'jsonpath={.spec.replicas}']).said;
    const before = replicas();
    const { status, stderr } = server.helm(['upgrade', 'civitas', CHART, '--timeout', '2s', '--set', 'operator.replicas=5']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('pre-upgrade hooks failed') });
    expect(replicas()).toBe(before);
    const rights = server.kubectl(['get', 'clusterrole,clusterrolebinding,serviceaccount', '--all-namespaces', '-o', 'name']).said;
    expect(rights.split('\n').filter((name) => name.includes('civitas-crds'))).toEqual([]);
    expect(server.kubectl(['get', 'job', 'civitas-crds', '--namespace', NAMESPACE, '-o', 'name']).said.trim()).toBe(
      'job.batch/civitas-crds',
    );
  });

  test('the definitions as helm shows them are taken by kubectl, every one', () => {
    const crds = parseObjects(renderText('default', ['--include-crds'])).filter(({ kind }) => kind === 'CustomResourceDefinition');
    const shown = server.helm(['show', 'crds', CHART]).stdout;
    const { status, said } = server.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], shown);
    expect({ status, applied: said.trim().split('\n').length }).toEqual({ status: 0, applied: crds.length });
  });

  test('uninstalling takes operator, rights and policies away, and no definition, secret or namespace', () => {
    server.kubectl(['create', 'secret', 'generic', 'ca.jincheng.city', '--namespace', NAMESPACE, '--from-literal=key=kept']);
    const { status } = server.helm(['uninstall', 'civitas']);
    expect(status).toBe(0);
    const left = server
      .kubectl(['get', 'deploy,netpol,pdb,sa,role,rolebinding', '--namespace', NAMESPACE, '-o', 'name'])
      .said.trim()
      .split('\n');
    expect(left).toEqual(['serviceaccount/default']);
    const wide = server.kubectl(['get', 'clusterrole,clusterrolebinding,validatingadmissionpolicy', '-o', 'name']).said;
    expect(wide.split('\n').filter((name) => name.includes('civitas'))).toEqual([]);
    expect(definition('{.metadata.name}')).toBe('ledgernetworks.civitas.dev');
    expect(server.kubectl(['get', 'secret', 'ca.jincheng.city', '--namespace', NAMESPACE]).status).toBe(0);
  });

  test('an older Kubernetes is refused', () => {
    const { status, stderr } = server.helm(['template', 'civitas', CHART, '--kube-version', '1.30.9']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('chart requires kubeVersion: >=1.31.0-0') });
  });
});
