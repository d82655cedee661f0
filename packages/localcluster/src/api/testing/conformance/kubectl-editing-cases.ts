import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../json.ts';
import { aNetwork, sampleDefinition } from '../sample-definition.ts';
import type { Kubectl, Ran } from './run-kubectl.ts';

const NAMESPACE = 'editing';

const configMap = (data: JsonObject, name = 'edited'): JsonObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

/** The ways a person looks before changing: explain, diff, dry run, edit, who owns a field. Works in a namespace of its own. */
export function describeKubectlEditing(kubectl: () => Kubectl): void {
  const run = (...args: string[]): Promise<Ran> => kubectl().run('-n', NAMESPACE, ...args);
  /** An editor that replaces text, as a script on disk. */
  const editWith = async (sed: string, ...args: string[]): Promise<Ran> => {
    const editor = join(kubectl().server.home, 'editor.sh');
    await writeFile(editor, `#!/bin/sh\nexec sed -i '${sed}' "$1"\n`, { mode: 0o700 });
    return kubectl().runWith({ KUBE_EDITOR: editor }, '-n', NAMESPACE, 'edit', ...args);
  };

  describe('kubectl, with care', () => {
    test('explains a field of a definition with its type, description and enumeration, and its tree', async () => {
      await kubectl().run('create', 'ns', NAMESPACE);
      await kubectl().run('apply', '-f', await kubectl().file('definition.yaml', sampleDefinition));
      await kubectl().run('wait', '--for=condition=Established', 'crd/networks.test.dev', '--timeout=25s');
      const path = await kubectl().file('n.yaml', { ...aNetwork(), metadata: { name: 'health', namespace: NAMESPACE } });
      // A real server tells of a kind, and publishes its schema, a moment after it serves it.
      expect(await waitFor('kind that is known', async () => (await kubectl().run('apply', '-f', path)).code === 0)).toBe(true);
      const domain = await waitFor('kind that is explained', async () => {
        const explained = await run('explain', 'networks.spec.domain');
        return explained.code === 0 ? explained : undefined;
      });
      expect(domain.out).toMatch(
        /GROUP:\s+test\.dev\nKIND:\s+Network\nVERSION:\s+v1\n\nFIELD: domain <string>\nENUM:\n {4}health\n {4}housing/,
      );
      expect(domain.out).toContain('Which ledger this is.');
      const tree = (await run('explain', 'tn', '--recursive')).out;
      expect(tree).toMatch(/spec\t<Object> -required-[\s\S]*pools\t<\[\]Object>\n\s+replicas\t<integer>\n\s+role\t<string> -required-/);
      expect((await run('explain', 'tn.spec.nothing')).err).toContain('field "nothing" does not exist');
      expect((await run('explain', 'tn.apiVersion')).out).toContain('APIVersion defines the versioned schema');
    });

    test('shows what an apply would change, and changes nothing', async () => {
      await run('apply', '-f', await kubectl().file('a.yaml', configMap({ a: '1' })));
      const changed = await kubectl().file('b.yaml', configMap({ a: '2' }), configMap({ n: '1' }, 'new'));
      const diff = await run('diff', '-f', changed);
      expect(diff.code).toBe(1);
      expect(diff.out).toMatch(/-\s+a: "1"\n\+\s+a: "2"/);
      expect(diff.out).toContain('+  name: new');
      const server = await run('diff', '--server-side', '--force-conflicts', '-f', changed);
      expect([server.code, server.out]).toEqual([1, expect.stringMatching(/-\s+a: "1"\n\+\s+a: "2"/)]);
      expect((await run('get', 'cm', 'edited', '-o', 'jsonpath={.data.a}')).out).toBe('1');
      expect((await run('get', 'cm', 'new')).err).toContain('not found');
      expect((await run('diff', '-f', await kubectl().file('a.yaml', configMap({ a: '1' })))).code).toBe(0);
    });

    test('tries every verb on the server without storing', async () => {
      const dry = '--dry-run=server';
      expect((await run('create', 'cm', 'tried', '--from-literal=a=1', dry)).out).toBe('configmap/tried created (server dry run)\n');
      const changed = await kubectl().file('c.yaml', configMap({ a: '9' }));
      expect((await run('apply', dry, '-f', changed)).out).toBe('configmap/edited configured (server dry run)\n');
      expect((await run('apply', dry, '--server-side', '--force-conflicts', '-f', changed)).out).toContain('(server dry run)');
      expect((await run('replace', dry, '-f', changed)).out).toBe('configmap/edited replaced (server dry run)\n');
      const patch = ['patch', 'cm', 'edited', '--type=merge', '-p', '{"data":{"a":"7"}}', dry, '-o', 'jsonpath={.data.a}'];
      expect((await run(...patch)).out).toBe('7');
      expect((await run('delete', 'cm', 'edited', dry)).out).toMatch(
        /configmap "edited" deleted( from editing namespace)? \(server dry run\)/,
      );
      expect((await run('get', 'cm', 'edited', '-o', 'jsonpath={.data.a}')).out).toBe('1');
      expect((await run('get', 'cm', 'tried')).err).toContain('not found');
      const bad = await kubectl().file('d.yaml', { ...aNetwork({ domain: 'courts' }), metadata: { name: 'bad' } });
      expect((await run('apply', dry, '-f', bad)).err).toContain('Unsupported value: "courts": supported values: "health", "housing"');
    });

    test('edits in an editor, and says what was wrong with it', async () => {
      expect((await editWith('s/a: "1"/a: "5"/', 'cm', 'edited')).out).toBe('configmap/edited edited\n');
      expect((await run('get', 'cm', 'edited', '-o', 'jsonpath={.data.a}')).out).toBe('5');
      expect((await editWith('s/nothing/here/', 'cm', 'edited')).err).toContain('Edit cancelled, no changes made.');
      expect((await editWith('s/domain: health/domain: housing/', 'tn', 'health')).out).toBe('network.test.dev/health edited\n');
      const refused = await editWith('s/chainId: .*/chainId: other-1/', 'tn', 'health');
      expect(refused.err).toContain('networks.test.dev "health" is invalid');
      const [, kept = ''] = /stored to "([^"]+)"/.exec(refused.err) ?? [];
      expect(await readFile(kept, 'utf8')).toContain('# networks.test.dev "health" was not valid:');
      await rm(kept);
      expect((await run('get', 'tn', 'health', '-o', 'jsonpath={.spec.chainId}')).out).toBe('jincheng-health-1');
    });

    test('says who owns a field, hands it over when forced, and shares it when both say the same', async () => {
      const apply = async (manager: string, data: JsonObject, ...more: string[]): Promise<Ran> =>
        run(
          'apply',
          '--server-side',
          `--field-manager=${manager}`,
          '-f',
          await kubectl().file(`${manager}.yaml`, configMap(data, 'owned')),
          ...more,
        );
      await apply('first', { a: '1', b: '1' });
      const conflict = await apply('second', { a: '2' });
      expect(conflict.err).toContain('Apply failed with 1 conflict: conflict with "first": .data.a');
      expect(conflict.err).toContain('--force-conflicts');
      expect((await apply('third', { b: '1' })).code).toBe(0);
      expect((await apply('second', { a: '2' }, '--force-conflicts')).out).toBe('configmap/owned serverside-applied\n');
      const managers = await run('get', 'cm', 'owned', '--show-managed-fields', '-o', 'jsonpath={.metadata.managedFields[*].manager}');
      expect(managers.out.split(' ').sort()).toEqual(['first', 'second', 'third']);
      await run('patch', 'cm', 'owned', '--type=merge', '-p', '{"data":{"b":"3"}}');
      const both = await apply('first', { b: '1' });
      expect(both.err).toContain('conflict with "kubectl-patch" using v1: .data.b');
      await kubectl().run('delete', 'ns', NAMESPACE, '--wait=false');
    });
  });
}
