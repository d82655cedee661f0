import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Path and content of every file of a folder and below. What its owner removes meanwhile is no file of it any more. */
export function readFilesBelow(folder: string): readonly (readonly [string, Buffer])[] {
  const names = findThere(() => readdirSync(folder)) ?? [];
  return names.flatMap((name) => {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) return readFilesBelow(path);
    const content = stat?.isFile() === true ? findThere(() => readFileSync(path)) : undefined;
    return content === undefined ? [] : [[path, content] as const];
  });
}

function findThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
