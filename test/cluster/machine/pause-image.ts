import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findGo, runGo } from '../../../tools/go/install-programs.ts';
import { layerOf, writeImage } from '../../../tools/images/oci-image.ts';
import { type ImageArchive, PAUSE_IMAGE } from './worker-node.ts';

const SOURCES = join(dirname(dirname(fileURLToPath(import.meta.url))), 'pause');

/** The image that holds a pod's namespaces open, built here for want of a registry. */
export function buildPauseImage(folder: string): ImageArchive {
  const [program, path] = [join(folder, 'pause'), join(folder, 'pause.tar')];
  const name = PAUSE_IMAGE.split(':', 1)[0] ?? '';
  if (existsSync(path)) return { name, path };
  mkdirSync(folder, { recursive: true });
  runGo(findGo([1, 24]), SOURCES, ['build', '-trimpath', '-ldflags', '-s -w', '-o', program, '.']);
  const layer = layerOf([{ kind: 'copy', path: 'pause', mode: 0o755, from: program }], 'pause');
  const config = {
    name: PAUSE_IMAGE,
    entrypoint: ['/pause'],
    command: [],
    environment: [],
    user: '65535:65535',
    workingFolder: '/',
    labels: {},
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
  } as const;
  writeImage(path, config, [layer]);
  return { name, path };
}
