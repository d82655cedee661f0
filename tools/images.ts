/**
 * `npm run images [-- node|operator|console …] [--out FOLDER]`: builds the images of this release without pulling a base, as OCI archives with
 * a CycloneDX list of contents beside each, into dist/images. Needs the engine (`npm run engine:install`) and a Debian machine.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildImage, IMAGE_NAMES, type ImageName } from './images/build-images.ts';
import { buildWeb } from './start/build-web.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MIB = 1024 * 1024;

function isImageName(name: string): name is ImageName {
  return (IMAGE_NAMES as readonly string[]).includes(name);
}

try {
  const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
  const unknown = positionals.find((name) => !isImageName(name));
  if (unknown !== undefined) throw new RangeError(`no image called ${unknown}; there are ${IMAGE_NAMES.join(', ')}`);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const folder = resolve(values.out ?? join(root, 'dist', 'images'));
  await buildWeb(root, new AbortController().signal);
  for (const image of positionals.length === 0 ? IMAGE_NAMES : positionals.filter(isImageName)) {
    const built = buildImage(image, { root, folder, version });
    const mib = (built.compressedBytes / MIB).toFixed(1);
    process.stdout.write(`${built.name}:${built.version}@sha256:${built.digest} ${mib} MiB compressed, ${relative('.', built.path)}\n`);
  }
} catch (error) {
  process.stderr.write(`images: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
