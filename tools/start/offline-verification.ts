import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { StartRefused } from './start-refused.ts';

/**
 * Verifies an evidence bundle as a court would: a process of its own, in an empty folder that holds nothing but the bundle, without a
 * home, a kubeconfig or any of this process's environment.
 *
 * @throws StartRefused (CASE_UNVERIFIED) with what the verifier printed.
 */
export function verifyOffline(civitas: string, bundlePath: string): { readonly verifiedAt: string } {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-verify-'));
  try {
    copyFileSync(bundlePath, join(folder, basename(bundlePath)));
    const run = spawnSync(process.execPath, [civitas, 'verify', basename(bundlePath)], {
      cwd: folder,
      env: { HOME: folder },
      encoding: 'utf8',
    });
    if (run.status !== 0) {
      throw new StartRefused(
        'CASE_UNVERIFIED',
        `the bundle ${bundlePath} does not verify offline (exit code ${run.status ?? 'none'}):\n${run.stdout}${run.stderr}`,
      );
    }
    return { verifiedAt: new Date().toISOString() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
