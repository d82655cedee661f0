import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { findEngineTools } from '../engine/engine-tools.ts';
import { bundledComponents, withAppFiles } from './app-files.ts';
import { debianLibrariesOf } from './debian-files.ts';
import { goModulesOf } from './go-programs.ts';
import { type ImageConfig, type Layer, layerOf, type WrittenImage, writeImage } from './oci-image.ts';
import type { LockedPackage, PackageLock } from './package-lock.ts';
import { type Component, sbomOf } from './sbom.ts';
import type { TarEntry } from './tar.ts';

/** The user that every image runs as, and that the operator's manifests name. */
const USER = 65532;
const BIN = 'usr/local/bin';

export const IMAGE_NAMES = ['node', 'operator', 'console'] as const;
export type ImageName = (typeof IMAGE_NAMES)[number];

interface Recipe {
  readonly workspace: string;
  readonly program: string;
  readonly command: readonly string[];
  /** The node's image also holds the consensus engine: a pod runs both from one release. */
  readonly hasEngine: boolean;
  /** Pages that were built before. */
  readonly pages?: Pages;
}

interface Pages {
  /** From the repository's root; at its place in the image. */
  readonly folder: string;
  readonly name: string;
  readonly path: string;
  /** Dependencies of it that build and are not bundled. */
  readonly without: readonly string[];
}

const WEB: Pages = {
  folder: 'console/web/dist',
  name: '@civitas/console-web',
  path: 'console/web',
  without: ['vite', '@vitejs/plugin-react'],
};

const RECIPES: Readonly<Record<ImageName, Recipe>> = {
  node: { workspace: '@civitas/node', program: 'node/src/main.js', command: ['serve'], hasEngine: true },
  operator: { workspace: '@civitas/operator', program: 'operator/src/main.js', command: [], hasEngine: false },
  console: {
    workspace: '@civitas/console-api',
    program: 'console/api/src/main.js',
    command: [],
    hasEngine: false,
    pages: WEB,
  },
};

export interface BuildOptions {
  /** Root of the repository. */
  readonly root: string;
  /** Images and their lists of contents are written here; compressed layers are kept below it. */
  readonly folder: string;
  /** Tag of the image, and what its program says of itself. */
  readonly version: string;
}

export interface BuiltImage extends WrittenImage {
  readonly name: string;
  readonly version: string;
  readonly sbomPath: string;
}

/**
 * Builds one image without a base image: Node as npm publishes it, the C libraries it is linked to from this machine's Debian packages,
 * the program with the packages that the lock file names, and for the node the consensus engine.
 *
 * @throws Error when the engine or the console's pages are not built, or on a machine without Debian packages.
 */
export function buildImage(image: ImageName, { root, folder, version }: BuildOptions): BuiltImage {
  const recipe = RECIPES[image];
  mkdirSync(folder, { recursive: true });
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const layers = join(folder, 'layers');
  const name = `civitas.dev/${image}`;
  return withAppFiles({ root, workspace: recipe.workspace, architecture }, (app) => {
    const base = baseFiles(root, app.addons);
    const engine = recipe.hasEngine ? engineFiles() : undefined;
    const pages = recipe.pages === undefined ? undefined : pagesOf(root, recipe.pages);
    const parts: Layer[] = [
      layerOf(base.entries, 'Node, the C libraries it is linked to, users', layers),
      ...(engine === undefined ? [] : [layerOf(engine.entries, 'CometBFT and the hand-over to it', layers)]),
      layerOf(withVersion(app.entries, recipe, version), `${recipe.workspace} and its packages`, layers),
      ...(pages === undefined ? [] : [layerOf(pages.entries, 'pages of the console', layers)]),
    ];
    const written = writeImage(join(folder, `${image}-${version}.tar`), configOf({ name, version, recipe, architecture }), parts);
    const components = [...base.components, ...(engine?.components ?? []), ...(pages?.components ?? []), ...app.components];
    const sbomPath = join(folder, `${image}-${version}.cdx.json`);
    writeFileSync(sbomPath, `${JSON.stringify(sbomOf({ name, version, digest: written.digest }, components), null, 2)}\n`);
    return { ...written, name, version, sbomPath };
  });
}

/** What browsers are sent, and the packages that it was bundled from. */
function pagesOf(root: string, pages: Pages): Part {
  const { folder } = pages;
  if (!existsSync(join(root, folder, 'index.html'))) throw new Error(`${folder} is not built: npm run images builds it first`);
  const paths = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
  return {
    entries: paths.map((path): TarEntry => ({ kind: 'copy', path: `app/${path}`, mode: 0o644, from: join(root, path) })),
    components: bundledComponents(root, pages),
  };
}

/** A program reads its version from the package.json of its workspace. */
function withVersion(entries: readonly TarEntry[], { program }: Recipe, version: string): readonly TarEntry[] {
  const path = `app/${program.slice(0, program.indexOf('/src/'))}/package.json`;
  return entries.map((entry) => {
    if (entry.path !== path || entry.kind !== 'file') return entry;
    const manifest = JSON.parse(Buffer.from(entry.content).toString('utf8')) as { readonly version: string };
    if (manifest.version === version) return entry;
    return { kind: 'file', path, content: Buffer.from(`${JSON.stringify({ ...manifest, version }, null, 2)}\n`) };
  });
}

interface Part {
  readonly entries: readonly TarEntry[];
  readonly components: readonly Component[];
}

function baseFiles(root: string, addons: readonly string[]): Part {
  const place = `node_modules/node-linux-${process.arch}`;
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as PackageLock;
  const node = join(root, place, 'bin', 'node');
  const libraries = debianLibrariesOf([node, ...addons]);
  const text = (path: string, content: string): TarEntry => ({ kind: 'file', path, content: Buffer.from(content) });
  return {
    entries: [
      { kind: 'copy', path: `${BIN}/node`, mode: 0o755, from: node },
      { kind: 'copy', path: 'usr/share/doc/node/LICENSE', from: join(root, place, 'LICENSE') },
      text('etc/passwd', `root:x:0:0:root:/:/sbin/nologin\nnonroot:x:${USER}:${USER}:nonroot:/:/sbin/nologin\n`),
      text('etc/group', `root:x:0:\nnonroot:x:${USER}:\n`),
      text('etc/nsswitch.conf', 'hosts: files dns\n'),
      { kind: 'folder', path: 'tmp', mode: 0o1777 },
      ...libraries.entries,
    ],
    components: [nodeComponent(lock.packages[place] ?? {}, place), ...libraries.components],
  };
}

function nodeComponent({ version = '', license = 'MIT', integrity }: LockedPackage, place: string): Component {
  const name = place.slice('node_modules/'.length);
  const sha512 = integrity?.startsWith('sha512-') === true ? Buffer.from(integrity.slice(7), 'base64').toString('hex') : undefined;
  const hash = sha512 === undefined ? {} : { sha512 };
  return { type: 'application', name, version, purl: `pkg:npm/${name}@${version}`, licence: license, ...hash };
}

function engineFiles(): Part {
  const tools = findEngineTools();
  if (tools === undefined) throw new Error('the engine is not built: npm run engine:install');
  return {
    entries: [
      { kind: 'copy', path: `${BIN}/cometbft`, mode: 0o755, from: tools.path('cometbft') },
      { kind: 'copy', path: `${BIN}/civitas-handover`, mode: 0o755, from: tools.path('handover') },
    ],
    components: [...goModulesOf(tools.path('cometbft'), 'cometbft'), ...goModulesOf(tools.path('handover'), 'civitas-handover')],
  };
}

function configOf(image: { name: string; version: string; recipe: Recipe; architecture: ImageConfig['architecture'] }): ImageConfig {
  const { name, version, recipe, architecture } = image;
  return {
    name: `${name}:${version}`,
    entrypoint: [`/${BIN}/node`, '--import', `/app/${dirname(recipe.program)}/preload.js`, `/app/${recipe.program}`],
    command: recipe.command,
    environment: [`PATH=/${BIN}`, 'NODE_ENV=production'],
    user: `${USER}:${USER}`,
    workingFolder: '/app',
    labels: {
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
    architecture,
  };
}
