import { describe, test } from '@jest/globals';
import { findKubeTools } from '../../tools/kube/kube-tools.ts';

/** A suite over the real API server; without one it is skipped loudly, and fails in CI. */
export function describeWithKubernetes(name: string, suite: () => void): void {
  if (findKubeTools() !== undefined) {
    describe(name, suite);
    return;
  }
  const message = `${name}: no Kubernetes; npm run kube:install`;
  if (process.env['CI'] === undefined) {
    process.stderr.write(`SKIPPED: ${message}\n`);
    describe.skip(name, suite);
  } else {
    test(name, () => {
      throw new Error(message);
    });
  }
}
