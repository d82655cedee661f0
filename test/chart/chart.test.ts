import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectGolden } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import {
  CHART,
  describeWithHelm,
  helm,
  NAMESPACE,
  parseObjects,
  type Rendered,
  ROOT,
  renderText,
  templateArguments,
  VALUE_SETS,
  valuesFile,
} from './helm.ts';

/** What comes from another file of the repository is compared with that one (one-source.test.ts), not here. */
function withoutDerived(object: Rendered): Rendered | undefined {
  const { kind, metadata } = object;
  const isRight = ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'ServiceAccount'].includes(kind);
  if (isRight && metadata.name !== 'civitas-crds') return undefined;
  if (kind === 'ClusterRole') return { ...object, rules: 'of the definitions' };
  if (kind === 'ConfigMap' && metadata.name.startsWith('civitas-dashboard-')) return { ...object, data: 'of dashboards/' };
  if (kind === 'PrometheusRule') return { ...object, spec: 'of alerts/civitas.rules.yaml' };
  return object;
}

describeWithHelm('the chart', () => {
  test('is clean for helm lint --strict with every set of values', () => {
    for (const set of VALUE_SETS) {
      const { status, stdout } = helm(['lint', '--strict', '--namespace', NAMESPACE, '--values', valuesFile(set), CHART]);
      expect({ set, status, isClean: stdout.includes('0 chart(s) failed') && !/\[(WARNING|ERROR)\]/.test(stdout) }).toEqual({
        set,
        status: 0,
        isClean: true,
      });
    }
  });

  test.each(VALUE_SETS)('renders the values %s as it did', (set) => {
    const objects = parseObjects(renderText(set)).flatMap((object) => withoutDerived(object) ?? []);
    expectGolden(
      new URL(`golden/${set}.yaml`, import.meta.url),
      objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n'),
    );
  });

  test('renders the same text twice', () => {
    expect(renderText('production')).toBe(renderText('production'));
  });

  test('is of the version of the repository', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'))).toMatchObject({ version, appVersion: version });
  });

  test('is installed into civitas-system alone, and says so', () => {
    const { status, stderr } = helm(templateArguments([], 'default'));
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('civitas is installed into the namespace civitas-system, once a cluster; got default'),
    });
  });
});

describeWithHelm('the console is not rendered by half', () => {
  test.each([
    [['console.enabled=true'], 'console.url is needed'],
    [['console.enabled=true', 'console.url=https://c.example'], 'identity.url is needed for a console with the profile keycloak'],
    [
      ['console.enabled=true', 'console.url=https://c.example', 'console.identity.profile=local', 'identity.url=https://id.example'],
      'people are known in one place',
    ],
    [
      ['console.enabled=true', 'console.url=https://c.example', 'console.identity.profile=local', 'console.httpRoute.enabled=true'],
      'console.httpRoute.parentRefs: at least one gateway',
    ],
    [
      [
        'console.enabled=true',
        'console.url=https://c.example',
        'console.identity.profile=local',
        'console.httpRoute.enabled=true',
        'console.ingress.enabled=true',
      ],
      'console.ingress and console.httpRoute: one of the two',
    ],
  ])('%j', (values, message) => {
    const { status, stderr } = helm(templateArguments(values.flatMap((value) => ['--set', value])));
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(message) });
  });
});

describeWithHelm('a value that is none is refused with its place and what it should be', () => {
  test.each([
    ['operator.replicas=0', "at '/operator/replicas': minimum: got 0, want 1"],
    ['operator.replica=3', "at '/operator': additional properties 'replica' not allowed"],
    ['operators.replicas=3', "additional properties 'operators' not allowed"],
    ['operator.image.digest=sha256:12', "at '/operator/image/digest': 'sha256:12' does not match pattern"],
    ['operator.image.repository=UPPER/case', "at '/operator/image/repository': 'UPPER/case' does not match pattern"],
    ['operator.logLevel=loud', "at '/operator/logLevel': value must be one of 'trace', 'debug', 'info', 'warn', 'error'"],
    ['operator.resources.limits.memory=lots', "at '/operator/resources/limits/memory': 'lots' does not match pattern"],
    ['networkPolicies.apiServer.ports=443', "at '/networkPolicies/apiServer/ports': got number, want array"],
    ['networkPolicies.apiServer.cidrs={everywhere}', "at '/networkPolicies/apiServer/cidrs/0': 'everywhere' does not match pattern"],
    ['networkPolicies.dns.podLabels=null', "at '/networkPolicies/dns': missing property 'podLabels'"],
    ['console.identity.profile=ldap', "at '/console/identity/profile': value must be one of 'local', 'keycloak'"],
    ['console.url=console.city.example', "at '/console/url': 'console.city.example' does not match pattern"],
    ['console.url=https://console.city.example/path', "at '/console/url'"],
    ['console.replicas=2', "at '/console': additional properties 'replicas' not allowed"],
    ['monitoring.podMonitors.interval=often', "at '/monitoring/podMonitors/interval': 'often' does not match pattern"],
  ])('%s', (value, message) => {
    const { status, stderr } = helm(templateArguments(['--set', value]));
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(message) });
  });
});
