import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PORTS } from '@civitas/deployment';
import { crdFiles, KINDS } from '@civitas/operator';
import { beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CHART, describeWithHelm, helm, parseObjects, type Rendered, renderText } from './helm.ts';

const source = parseObjects(readFileSync(join(CHART, 'laptop/operator.yaml'), 'utf8'));
const consoleSource = parseObjects(readFileSync(join(CHART, 'laptop/console.yaml'), 'utf8'));
const RIGHTS = ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'];
const addressOf = ({ kind, metadata }: Rendered): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

interface PodSpec {
  readonly serviceAccountName: string;
  readonly securityContext: unknown;
  readonly containers: readonly { readonly env: readonly { readonly name: string }[]; readonly [field: string]: unknown }[];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

function findObject(objects: readonly Rendered[], kind: string, name: string): Rendered {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name} is rendered`);
  return found;
}

function rulesOf(object: Rendered): readonly Rule[] {
  return (object['rules'] ?? []) as readonly Rule[];
}

describeWithHelm('the chart and the laptop have one source', () => {
  let rendered: readonly Rendered[] = [];
  let monitored: readonly Rendered[] = [];
  let withConsole: readonly Rendered[] = [];

  beforeAll(() => {
    rendered = parseObjects(renderText('default'));
    monitored = parseObjects(renderText('monitored'));
    withConsole = parseObjects(renderText('console'));
  });

  test('the operator has the same rights, bound to the same account', () => {
    const stripped = ({ metadata, ...object }: Rendered): Rendered => {
      const { name, namespace } = metadata;
      return { ...object, metadata: namespace === undefined ? { name } : { name, namespace } };
    };
    const wanted = source.filter(({ kind }) => RIGHTS.includes(kind));
    const given = rendered.filter((object) => wanted.some((other) => addressOf(other) === addressOf(object)));
    const byAddress = (one: Rendered, other: Rendered): number => addressOf(one).localeCompare(addressOf(other));
    expect(given.map(stripped).sort(byAddress)).toEqual([...wanted].sort(byAddress));
  });

  test('no other right is given than to read or edit our kinds, and to the Job that ends', () => {
    const own = source.map(addressOf);
    const others = rendered.filter((object) => RIGHTS.includes(object.kind) && !own.includes(addressOf(object))).map(addressOf);
    expect(others.sort()).toEqual([
      'ClusterRole /civitas-crds',
      'ClusterRole /civitas-edit',
      'ClusterRole /civitas-view',
      'ClusterRoleBinding /civitas-crds',
      'ServiceAccount civitas-system/civitas-crds',
    ]);
    const hooks = rendered.filter(({ metadata }) => metadata.name === 'civitas-crds' && metadata.annotations !== undefined);
    expect(hooks.map(({ metadata }) => metadata.annotations?.['helm.sh/hook-delete-policy'])).toEqual(
      hooks.map(() => 'before-hook-creation,hook-succeeded'),
    );
  });

  test('no right anywhere has a wildcard, and none is to escalate or run commands in pods', () => {
    const words = withConsole
      .flatMap((object) => rulesOf(object))
      .flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    expect(words.length).toBeGreaterThan(50);
    for (const word of ['*', 'escalate', 'pods/exec', 'pods/attach', 'nodes/proxy']) expect(words).not.toContain(word);
  });

  test('the console has the rights of the laptop’s, and they are not there without it', () => {
    const wanted = consoleSource.filter(({ kind }) => RIGHTS.includes(kind));
    const given = withConsole.filter((object) => wanted.some((other) => addressOf(other) === addressOf(object)));
    const stripped = (object: Rendered): Rendered => ({
      ...object,
      metadata: Object.fromEntries(Object.entries(object.metadata).filter(([field]) => field !== 'labels')) as Rendered['metadata'],
    });
    const byAddress = (one: Rendered, other: Rendered): number => addressOf(one).localeCompare(addressOf(other));
    expect(given.map(stripped).sort(byAddress)).toEqual([...wanted].sort(byAddress));
    const absent = wanted.map(addressOf);
    expect(rendered.map(addressOf).filter((address) => absent.includes(address))).toEqual([]);
  });

  test('nobody may be acted as but by name: accounts of tenants and of the platform, and the group of tenants', () => {
    const rules = withConsole.flatMap((object) => rulesOf(object)).filter(({ verbs }) => verbs.includes('impersonate'));
    expect(rules.length).toBeGreaterThan(0);
    for (const { resources, resourceNames = [] } of rules) {
      if (resources.every((resource) => resource.startsWith('userextras/'))) continue;
      expect(resourceNames.length).toBeGreaterThan(0);
      for (const name of resourceNames) expect(name).toMatch(/^(?:tenant-[a-z]+|platform-admin|civitas:tenants)$/);
    }
  });

  test('the console’s pod has the account, the files, the ports and the security that the laptop’s has', () => {
    const laptop = findObject(consoleSource, 'Pod', 'civitas-console').spec as PodSpec;
    const local = parseObjects(renderText('console-local'));
    const { template } = findObject(local, 'Deployment', 'civitas-console').spec as { template: { spec: PodSpec } };
    const [container] = template.spec.containers;
    const [own] = laptop.containers;
    expect(template.spec.serviceAccountName).toBe(laptop.serviceAccountName);
    expect(template.spec.securityContext).toMatchObject(laptop.securityContext as object);
    for (const field of ['image', 'securityContext']) expect(container?.[field]).toEqual(own?.[field]);
    expect(container?.['ports']).toMatchObject(own?.['ports'] as object);
    const places = (of: typeof container): readonly unknown[] =>
      ((of?.['volumeMounts'] ?? []) as { mountPath: string }[]).map(({ mountPath }) => mountPath);
    expect(places(container)).toEqual(places(own));
    expect(container?.env.filter(({ name }) => name !== 'LOG_LEVEL')).toEqual(own?.env);
    const asked = (of: typeof container): readonly unknown[] =>
      ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => (of?.[probe] as { httpGet?: object } | undefined)?.httpGet);
    expect(asked(container)).toEqual(asked(own));
  });

  test('the operator binds only roles that the admission policy names', () => {
    const bindable = source
      .flatMap(rulesOf)
      .filter(({ verbs }) => verbs.includes('bind'))
      .flatMap(({ resourceNames = [] }) => resourceNames);
    const policy = JSON.stringify(findObject(rendered, 'ValidatingAdmissionPolicy', 'civitas-operator-bindings'));
    expect(bindable.length).toBeGreaterThan(0);
    expect(policy).toContain(`object.roleRef.name in [${bindable.map((name) => `'${name}'`).join(',')}]`);
  });

  test('its pod has the account, the environment, the ports and the security that the laptop’s has', () => {
    const laptop = findObject(source, 'Pod', 'civitas-operator').spec as PodSpec;
    const { template } = findObject(rendered, 'Deployment', 'civitas-operator').spec as { template: { spec: PodSpec } };
    const [container, ...others] = template.spec.containers;
    const [own] = laptop.containers;
    expect(others).toEqual([]);
    expect(template.spec.serviceAccountName).toBe(laptop.serviceAccountName);
    expect(template.spec.securityContext).toMatchObject(laptop.securityContext as object);
    expect(container?.['image']).toBe(own?.['image']);
    expect(container?.['securityContext']).toEqual(own?.['securityContext']);
    expect(container?.['ports']).toMatchObject(own?.['ports'] as object);
    const asked = (of: typeof container): readonly unknown[] =>
      ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => (of?.[probe] as { httpGet?: object } | undefined)?.httpGet);
    expect(asked(container)).toEqual(asked(own));
    expect(asked(own)).not.toContain(undefined);
    const environment = container?.env.filter(({ name }) => name !== 'LOG_LEVEL');
    expect(environment).toEqual(own?.env);
  });

  test('the rules are those of the alerts, with the runbooks where the values say', () => {
    const text = readFileSync(join(CHART, 'alerts/civitas.rules.yaml'), 'utf8');
    const rule = findObject(monitored, 'PrometheusRule', 'civitas');
    expect(rule.spec).toEqual(parse(text.replaceAll('docs/runbooks/', 'https://runbooks.city.example/civitas/')));
    expect(rule.metadata.labels).toMatchObject({ release: 'prometheus' });
  });

  test('the dashboards are the files of dashboards/, each in a ConfigMap that a sidecar finds', () => {
    const names = readdirSync(join(CHART, 'dashboards'));
    const maps = monitored.filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('civitas-dashboard-'));
    expect(new Set(maps.map(({ data }) => Object.keys(data as object)[0]))).toEqual(new Set(names));
    expect(maps).toHaveLength(names.length);
    for (const { data, metadata } of maps) {
      expect(metadata).toMatchObject({ labels: { team: 'observability' }, annotations: { grafana_folder: 'Civitas' } });
      for (const [name, text] of Object.entries(data as Record<string, string>)) {
        expect(text).toBe(readFileSync(join(CHART, 'dashboards', name), 'utf8'));
      }
    }
  });

  test('policies and monitors name the ports that pods have', () => {
    const policy = findObject(rendered, 'NetworkPolicy', 'civitas-operator').spec as {
      ingress: { ports: { port: number }[] }[];
      egress: { ports: { port: number }[] }[];
    };
    expect(policy.ingress.flatMap(({ ports }) => ports).map(({ port }) => port)).toEqual([PORTS.metrics]);
    expect(policy.egress.at(-1)?.ports.map(({ port }) => port)).toEqual([PORTS.grpc, PORTS.admin]);
  });

  test('helm shows the definitions that the operator’s program applies', () => {
    const shown = parseObjects(helm(['show', 'crds', CHART]).stdout);
    const made = crdFiles().map(({ yaml }) => parse(yaml) as Rendered);
    const byName = (one: Rendered, other: Rendered): number => one.metadata.name.localeCompare(other.metadata.name);
    expect([...shown].sort(byName)).toEqual([...made].sort(byName));
  });

  test('the Job may change the definitions of our kinds and no others; readers and editors of a namespace see our kinds in it', () => {
    const names = KINDS.map(({ plural }) => `${plural}.civitas.dev`).sort();
    const [create, change] = rulesOf(findObject(rendered, 'ClusterRole', 'civitas-crds'));
    expect(create).toMatchObject({ verbs: ['create'] });
    expect([...(change?.resourceNames ?? [])].sort()).toEqual(names);
    const namespaced = KINDS.filter(({ scope }) => scope === 'Namespaced')
      .map(({ plural }) => plural)
      .sort();
    expect([...(rulesOf(findObject(rendered, 'ClusterRole', 'civitas-view'))[0]?.resources ?? [])].sort()).toEqual(namespaced);
    expect([...(rulesOf(findObject(rendered, 'ClusterRole', 'civitas-edit'))[0]?.resources ?? [])].sort()).toEqual(
      namespaced.filter((plural) => plural !== 'ledgernodes'),
    );
  });
});
