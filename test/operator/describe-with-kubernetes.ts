import { findKubeTools } from '../../tools/kube/kube-tools.ts';
import { describeWith } from '../describe-with.ts';

/** A suite over the real API server. */
export function describeWithKubernetes(name: string, suite: () => void): void {
  describeWith({ found: findKubeTools()?.folder, missing: 'no Kubernetes; npm run kube:install' }, name, suite);
}
