import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { unlessGone } from '@civitas/testkit';

/** Path and content of every file of a folder and below. What its owner removes meanwhile is no file of it any more. */
export function readFilesBelow(folder: string): readonly (readonly [string, Buffer])[] {
  const names = unlessGone(() => readdirSync(folder)) ?? [];
  return names.flatMap((name) => {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) return readFilesBelow(path);
    const content = stat?.isFile() === true ? unlessGone(() => readFileSync(path)) : undefined;
    return content === undefined ? [] : [[path, content] as const];
  });
}
