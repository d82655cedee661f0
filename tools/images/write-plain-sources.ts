/** `node tools/images/write-plain-sources.ts FOLDER…`: takes the types out of our sources where they lie, for the Containerfiles. */
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { plainPath, plainSource } from './plain-source.ts';

const isInstalled = (path: string): boolean => path.includes('node_modules');

for (const folder of process.argv.slice(2)) {
  for (const path of globSync(`${folder}/**/{*.ts,package.json}`, { exclude: isInstalled })) {
    const content = readFileSync(path, 'utf8');
    rmSync(path);
    writeFileSync(plainPath(path), plainSource(path, content));
  }
}
