import { describe, expect, test } from '@jest/globals';
import { type Change, createMirror } from './mirror.ts';
import type { KubeObject } from './resource.ts';

const anObject = (name: string, resourceVersion: string, uid = `uid-of-${name}`): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'n', name, uid, resourceVersion, creationTimestamp: '' },
});
const aMirror = () => {
  const changes: string[] = [];
  const say = ({ type, object }: Change<KubeObject>) =>
    void changes.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`);
  return { mirror: createMirror<KubeObject>({ byName: ({ metadata }) => [metadata.name] }, say), changes };
};

describe('mirror', () => {
  test('an event at or below the version of the store is ignored', () => {
    const { mirror, changes } = aMirror();
    mirror.replace([anObject('a', '9')], '10');
    mirror.apply({ type: 'MODIFIED', object: anObject('a', '8') });
    mirror.apply({ type: 'DELETED', object: anObject('a', '10') });
    expect(changes).toEqual(['ADDED a@9']);
    mirror.apply({ type: 'BOOKMARK', object: anObject('', '20') });
    mirror.apply({ type: 'MODIFIED', object: anObject('a', '15') });
    expect(mirror.version).toBe('20');
    expect(changes).toHaveLength(1);
  });

  test('a list after a gap shows what was missed, deletions too', () => {
    const { mirror, changes } = aMirror();
    expect(mirror.replace([anObject('a', '1'), anObject('b', '2'), anObject('c', '3')], '3')).toBe(0);
    mirror.distrust();
    expect(mirror.replace([anObject('a', '1'), anObject('b', '5'), anObject('d', '6')], '7')).toBe(3);
    expect(changes.slice(3)).toEqual(['DELETED c@3', 'MODIFIED b@5', 'ADDED d@6']);
  });

  test('an object made again under its name is a deletion and an addition', () => {
    const { mirror, changes } = aMirror();
    mirror.replace([anObject('a', '1')], '1');
    mirror.apply({ type: 'ADDED', object: anObject('a', '5', 'another') });
    mirror.distrust();
    mirror.replace([anObject('a', '9', 'a third')], '9');
    expect(changes).toEqual(['ADDED a@1', 'DELETED a@1', 'ADDED a@5', 'DELETED a@5', 'ADDED a@9']);
    expect(mirror.store.byIndex('byName', 'a')).toHaveLength(1);
    expect(() => mirror.store.byIndex('byColour', 'red')).toThrow('no index byColour; defined: byName');
  });
});
