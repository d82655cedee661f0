import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { programsFolder } from '../go/go-programs.ts';
import { ETCD_VERSION, findKubeTools, HELM_VERSION, KUBE_BUILD, KUBE_SOURCES, KUBERNETES_VERSION } from './kube-tools.ts';

describe('the real Kubernetes', () => {
  test.each([
    ['kubernetes', `k8s.io/kubernetes v${KUBERNETES_VERSION}\n`],
    ['etcd', `go.etcd.io/etcd/server/v3 v${ETCD_VERSION}\n`],
    ['helm', `helm.sh/helm/v3 v${HELM_VERSION}\n`],
  ])('module %s requires the release that the tests name, and pins it', (module, requirement) => {
    expect(readFileSync(join(KUBE_SOURCES, module, 'go.mod'), 'utf8')).toContain(requirement);
    expect(readFileSync(join(KUBE_SOURCES, module, 'go.sum'), 'utf8')).toContain(requirement.replace('\n', ' h1:'));
  });

  test('is kept in the cache folder that the user chose, by release and content', () => {
    expect(programsFolder(KUBE_BUILD, { XDG_CACHE_HOME: '/cache' })).toMatch(/^\/cache\/civitas\/kube-[\d.]+-[0-9a-f]{12}$/);
  });

  test('is not there where nothing was built', () => {
    expect(findKubeTools('/nowhere')).toBeUndefined();
  });
});
