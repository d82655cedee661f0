import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify as toYaml } from 'yaml';
import type { JsonObject } from '../../json.ts';
import type { ConformanceServer } from './conformance-server.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** kubectl against one server, and files for it to read. */
export interface Kubectl {
  readonly server: ConformanceServer;
  run(...args: string[]): Promise<Ran>;
  /** With variables of its own, such as the editor. */
  runWith(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran>;
  /** Lets one run that ends by nothing, such as a watch, until it prints such a line. @throws Error when it ends before. */
  untilLine(pattern: RegExp, ...args: string[]): Promise<void>;
  /** Writes the objects as YAML; returns the path. */
  file(name: string, ...objects: JsonObject[]): Promise<string>;
}

const RUN_MS_MAX = 60_000;

/** @param program path or name of kubectl. */
export function kubectlOf(server: ConformanceServer, program: string): Kubectl {
  const environmentOf = (): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'] ?? '',
    HOME: server.home,
    KUBECONFIG: server.kubeconfigPath,
  });
  const runWith = (environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> => {
    const env = { ...environmentOf(), ...environment };
    return new Promise((resolve) => {
      execFile(program, args, { env, timeout: RUN_MS_MAX }, (error, out, err) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, out, err });
      });
    });
  };
  return {
    server,
    runWith,
    run: (...args) => runWith({}, ...args),
    async untilLine(pattern, ...args) {
      const child = spawn(program, args, { env: environmentOf(), stdio: ['ignore', 'pipe', 'ignore'], timeout: RUN_MS_MAX });
      const seen: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        seen.push(line);
        if (!pattern.test(line)) continue;
        child.kill();
        return;
      }
      throw new Error(`${args.join(' ')} ended without ${pattern}: ${seen.join('\n')}`);
    },
    async file(name, ...objects) {
      const path = join(server.home, name);
      await writeFile(path, objects.map((object) => toYaml(object)).join('---\n'));
      return path;
    },
  };
}
