import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

function run(argument: string, env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...(argument === '' ? [] : [argument])], { encoding: 'utf8', env });
  return { status, stdout, stderr: stderr.replaceAll(/^\(.*\n/gm, '') };
}

describe('the operator’s program', () => {
  test('--version and --help print and end', () => {
    expect(run('--version')).toMatchObject({ status: 0, stdout: '0.1.0\n' });
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('METRICS_PORT') });
  });

  test('an argument or a setting that is none ends it with 2 and a sentence', () => {
    expect(run('drds')).toMatchObject({ status: 2, stderr: expect.stringContaining("unexpected argument 'drds'") });
    expect(run('--what')).toMatchObject({ status: 2, stderr: expect.stringContaining("Unknown option '--what'") });
    expect(run('', { METRICS_PORT: 'high' })).toMatchObject({ status: 2, stderr: 'civitas-operator: METRICS_PORT: 0 … 65535, got high\n' });
  });
});
