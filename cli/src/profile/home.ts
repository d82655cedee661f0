import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PRODUCT_FOLDER = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** The home folder: CIVITAS_HOME, else `.civitas` in the working folder or above it, else the product's own. */
export function homeFolder(env: NodeJS.ProcessEnv = process.env, cwd: string = process.cwd()): string {
  const named = env['CIVITAS_HOME'];
  if (named !== undefined && named !== '') return resolve(cwd, named);
  for (let folder = cwd; ; folder = dirname(folder)) {
    const candidate = join(folder, '.civitas');
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return join(PRODUCT_FOLDER, '.civitas');
  }
}

export const KUBECONFIG_FILE = 'kubeconfig';
export const READY_FILE = 'ready.json';
