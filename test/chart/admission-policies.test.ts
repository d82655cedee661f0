import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithKubernetes } from '../operator/describe-with-kubernetes.ts';
import { NAMESPACE } from './helm.ts';
import { type ChartServer, type KubectlRun, startChartServer } from './real-server.ts';

const ROLE = 'civitas-operator-workspace';
const OPEN = 'jincheng';
const CLOSED = 'treasury';
const LABEL = 'civitas.dev/workspace';

describeWithKubernetes('what the operator’s account may not do with the rights it has', () => {
  let server: ChartServer;

  beforeAll(async () => {
    server = await startChartServer();
    for (const [name, labels] of [
      [OPEN, { [LABEL]: 'true' }],
      [CLOSED, {}],
      ['agency-old', {}],
    ] as const) {
      const { status, said } = server.kubectl(['create', '-f', '-'], namespace(name, labels));
      if (status !== 0) throw new Error(said);
    }
    // Policies act a moment after they are made, each in its own time.
    const judged = [
      () => bind({ namespace: CLOSED }, '--dry-run=server'),
      () => server.asOperator(['create', '--dry-run=server', '-f', '-'], namespace('finance', {})),
      () => server.kubectl(['label', 'namespace', CLOSED, `${LABEL}=true`, '--dry-run=server']),
      () => server.kubectl(['delete', 'namespace', OPEN, '--dry-run=server']),
    ];
    for (const tried of judged) await waitFor('a policy that acts', () => tried().said.includes('ValidatingAdmissionPolicy'), 20_000);
  }, 120_000);

  afterAll(async () => {
    await server?.stop();
  });

  const namespace = (name: string, labels: Readonly<Record<string, string>>): string =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });

  /** Makes a RoleBinding as the operator; what is not named is as the operator does it. */
  const bind = (wanted: { namespace?: string; role?: string; subject?: object }, ...more: string[]): KubectlRun => {
    const { role = ROLE, subject = { kind: 'ServiceAccount', name: 'civitas-operator', namespace: NAMESPACE } } = wanted;
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'tried', namespace: wanted.namespace ?? OPEN },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [subject],
    };
    return server.asOperator(['create', ...more, '-f', '-'], JSON.stringify(binding));
  };

  const mayList = (what: string, where: string): string =>
    server.asOperator(['auth', 'can-i', 'list', what, '--namespace', where]).said.trim();

  /** The authorizer hears of a binding a moment after it is stored. */
  const untilMayList = (what: string, where: string): Promise<true> =>
    waitFor(`right to list ${what} in ${where}`, () => mayList(what, where) === 'yes', 20_000);

  test('reads no secret outside its own namespace and those that let it in', () => {
    expect([mayList('secrets', NAMESPACE), mayList('secrets', 'kube-system'), mayList('secrets', CLOSED)]).toEqual(['yes', 'no', 'no']);
    expect(server.asOperator(['auth', 'can-i', 'list', 'secrets', '--all-namespaces']).said.trim()).toBe('no');
  });

  test('lets itself into a namespace that was made for it, and into no other', async () => {
    expect(mayList('secrets', OPEN)).toBe('no');
    expect(bind({}).said).toContain('created');
    await untilMayList('secrets', OPEN);
    for (const closed of [CLOSED, 'kube-system', 'default'])
      expect(bind({ namespace: closed }).said).toContain('only in namespaces that were made with the label civitas.dev/workspace=true');
  });

  test('gives its role to nobody else', () => {
    for (const subject of [
      { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'eve' },
      { kind: 'ServiceAccount', name: 'civitas-operator', namespace: CLOSED },
      { kind: 'ServiceAccount', name: 'default', namespace: NAMESPACE },
    ])
      expect(bind({ subject }).said).toContain("civitas-operator-workspace is for the operator's own account");
  });

  test('binds no other role, even if somebody gave it the right to bind any', async () => {
    server.kubectl(['create', 'clusterrole', 'binds-all', '--verb=bind', '--resource=clusterroles.rbac.authorization.k8s.io']);
    server.kubectl([
      'create',
      'clusterrolebinding',
      'binds-all',
      '--clusterrole=binds-all',
      `--serviceaccount=${NAMESPACE}:civitas-operator`,
    ]);
    const said = (): string => bind({ role: 'cluster-admin' }).said;
    await waitFor('that right', () => !said().includes('attempting to grant RBAC permissions not currently held'), 20_000);
    expect(said()).toContain(`the operator binds no other role than ${ROLE}`);
  });

  test('makes namespaces for agencies alone, and takes over none that is there', () => {
    expect(server.asOperator(['create', '-f', '-'], namespace('agency-civil-affairs', { [LABEL]: 'true' })).said).toContain('created');
    expect(server.asOperator(['create', '-f', '-'], namespace('finance', {})).said).toContain('only namespaces called agency-');
    expect(server.asOperator(['label', 'namespace', CLOSED, 'a=b']).said).toContain('only namespaces called agency-');
    expect(server.asOperator(['label', 'namespace', 'agency-old', 'a=b']).said).toContain('so the operator does not take it');
    expect(server.asOperator(['label', 'namespace', 'agency-civil-affairs', 'a=b']).said).toContain('labeled');
  });

  test('nobody opens a namespace that is there already: not by its labels, its status or its finalizers', () => {
    const opened = { metadata: { labels: { [LABEL]: 'true' } } };
    const patch = ['patch', 'namespace', CLOSED, '--type=merge', '-p', JSON.stringify(opened)];
    const message = 'can only be set when the namespace is made';
    expect(server.kubectl(patch).said).toContain(message);
    expect(server.kubectl([...patch, '--subresource=status']).said).toContain(message);
    const held = JSON.parse(server.kubectl(['get', 'namespace', CLOSED, '-o', 'json']).said) as {
      metadata: { labels: Record<string, string> };
    };
    held.metadata.labels[LABEL] = 'true';
    expect(server.kubectl(['replace', '--raw', `/api/v1/namespaces/${CLOSED}/finalize`, '-f', '-'], JSON.stringify(held)).said).toContain(
      message,
    );
    expect(server.kubectl(['label', 'namespace', OPEN, 'team=water']).said).toContain('labeled');
  });

  test('nobody deletes a namespace of ledgers, or the operator’s own, unless it says by name that it may go', () => {
    for (const guarded of [OPEN, NAMESPACE]) {
      const refused = server.kubectl(['delete', 'namespace', guarded, '--dry-run=server']);
      expect(refused.said).toContain(`kubectl annotate namespace ${guarded} civitas.dev/allow-deletion=${guarded}`);
      server.kubectl(['annotate', 'namespace', guarded, 'civitas.dev/allow-deletion=yes']);
      expect(server.kubectl(['delete', 'namespace', guarded, '--dry-run=server']).status).not.toBe(0);
      server.kubectl(['annotate', 'namespace', guarded, '--overwrite', `civitas.dev/allow-deletion=${guarded}`]);
      expect(server.kubectl(['delete', 'namespace', guarded, '--dry-run=server']).said).toContain('deleted');
    }
    expect(server.kubectl(['delete', 'namespace', CLOSED, '--dry-run=server']).said).toContain('deleted');
  });

  test('all of that is the policies’ doing: without them the operator lets itself in anywhere', async () => {
    server.kubectl(['delete', 'validatingadmissionpolicybinding', 'civitas-operator-bindings']);
    await waitFor('a policy that no longer acts', () => bind({ namespace: CLOSED }).said.includes('created'), 20_000);
    await untilMayList('secrets', CLOSED);
  });
});
