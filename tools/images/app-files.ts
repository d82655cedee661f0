import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Closure, closureOf, type LockedPackage, type PackageLock } from './package-lock.ts';
import { plainPath, plainSource } from './plain-source.ts';
import type { Component } from './sbom.ts';
import type { TarEntry } from './tar.ts';

/** Where the product lies in an image. */
const APP = 'app';
/** Not read by a running program: type declarations, source maps, prose other than licences, sources of add-ons that come built. */
const UNUSED =
  /\.(?:d\.[cm]?ts|map|md|markdown|cc|c|h|hpp|gyp|flow)$|^\/(?:\.github|\.vscode|tests?|__tests__|examples?|benchmarks?)\/|\.test\.[cm]?js$/i;
const LICENCE = /(?:licen[cs]e|notice|copying)[^/]*$/i;
/** Add-ons that come built for many platforms: only this one's is kept. */
const PREBUILT = /\/prebuilds\/([^/]+)\//;
const OTHER_LIBC = /musl\.node$/;

interface AppFiles {
  readonly entries: readonly TarEntry[];
  readonly components: readonly Component[];
  /** Add-ons among the files, as paths on this machine: what they are linked to belongs into the image too. */
  readonly addons: readonly string[];
}

export interface AppOptions {
  /** Root of the repository. */
  readonly root: string;
  /** Workspace of the program, such as `@civitas/node`. */
  readonly workspace: string;
  readonly architecture: 'amd64' | 'arm64';
}

/**
 * A program as it lies in its image: the workspaces it needs with their sources, types taken out, at their places in the repository, and the
 * packages that the lock file names for them, installed afresh by `npm ci --omit=dev` without install scripts. Workspaces are links below
 * node_modules, as in the repository.
 *
 * @param use Called while the files exist; they are removed afterwards.
 */
export function withAppFiles<Result>(options: AppOptions, use: (files: AppFiles) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-image-'));
  try {
    const lock = JSON.parse(readFileSync(join(options.root, 'package-lock.json'), 'utf8')) as PackageLock;
    const { workspaces, packages } = closureOf(lock, options.workspace);
    assertLocked(options.root, lock, workspaces);
    installInto(folder, options, lock);
    const installed = packages.filter(({ path }) => existsSync(join(folder, path)));
    const missing = packages.find(({ path, locked }) => locked.optional !== true && !existsSync(join(folder, path)));
    if (missing !== undefined) throw new Error(`${missing.path}: in the lock file and not installed`);
    const prebuilt = `linux-${options.architecture === 'amd64' ? 'x64' : 'arm64'}`;
    const modules = installed.flatMap(({ path }) => moduleFiles(folder, path, prebuilt));
    const links = workspaces.map(
      ({ name, path }): TarEntry => ({ kind: 'link', path: `${APP}/node_modules/${name}`, target: `../../${path}` }),
    );
    const sources = workspaces.flatMap(({ path }) => sourceFiles(options.root, path));
    return use({
      entries: [...sources, ...links, ...modules.map((path) => copyOf(folder, path)), copyOf(options.root, 'LICENSE')],
      components: installed.map(({ path, locked }) => componentOf(path, locked)),
      addons: modules.filter((path) => path.endsWith('.node')).map((path) => join(folder, path)),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Packages that a workspace was bundled from, without those that only build it. */
export function bundledComponents(
  root: string,
  workspace: { readonly name: string; readonly path: string; readonly without: readonly string[] },
) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as PackageLock;
  const own = lock.packages[workspace.path] ?? {};
  const dependencies = Object.fromEntries(Object.entries(own.dependencies ?? {}).filter(([name]) => !workspace.without.includes(name)));
  const bundled = { ...lock, packages: { ...lock.packages, [workspace.path]: { ...own, dependencies } } };
  return closureOf(bundled, workspace.name).packages.map(({ path, locked }) => componentOf(path, locked));
}

function installInto(folder: string, { root, workspace }: AppOptions, lock: PackageLock): void {
  const copied = [
    '.npmrc',
    'package-lock.json',
    'package.json',
    ...Object.keys(lock.packages)
      .filter(isWorkspaceFolder)
      .map((path) => `${path}/package.json`),
  ];
  for (const file of copied) {
    if (!existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  const command = [
    'ci',
    '-w',
    workspace,
    '--omit=dev',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  execFileSync('npm', command, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** npm does not notice a workspace that another one began to need after the lock file was written. */
function assertLocked(root: string, lock: PackageLock, workspaces: Closure['workspaces']): void {
  for (const { path } of workspaces) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as LockedPackage;
    const stray = Object.keys(dependencies).find((name) => lock.packages[path]?.dependencies?.[name] !== dependencies[name]);
    if (stray !== undefined) throw new Error(`${path}/package.json needs ${stray}, and the lock file does not say so: npm install`);
  }
}

const isWorkspaceFolder = (path: string): boolean => path !== '' && !path.includes('node_modules/');

/** Files of one installed package without packages nested in it, relative to the folder. */
function moduleFiles(folder: string, path: string, prebuilt: string): readonly string[] {
  return filesBelow(folder, path, (name) => name === 'node_modules').filter((file) => {
    const platform = PREBUILT.exec(file)?.[1];
    if ((platform !== undefined && platform !== prebuilt) || OTHER_LIBC.test(file)) return false;
    return LICENCE.test(file) || !UNUSED.test(file.slice(path.length));
  });
}

/** What runs of a workspace: no tests, nothing for tests. */
function sourceFiles(root: string, path: string): readonly TarEntry[] {
  const isLeftOut = (name: string): boolean => ['node_modules', 'testing', 'test', 'dist'].includes(name);
  const isRun = (file: string): boolean => /\.(?:ts|mjs|js|css|json|proto)$/.test(file) && !/\.(?:test|fixture)\.ts$/.test(file);
  return filesBelow(root, path, isLeftOut)
    .filter(isRun)
    .map((file) => ({ file, content: Buffer.from(plainSource(file, readFileSync(join(root, file), 'utf8'))) }))
    .map(({ file, content }) => ({ kind: 'file', path: `${APP}/${plainPath(file)}`, content }));
}

function filesBelow(folder: string, path: string, isLeftOut: (name: string) => boolean): readonly string[] {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const below = `${path}/${entry.name}`;
    if (isLeftOut(entry.name)) return [];
    if (entry.isDirectory()) return filesBelow(folder, below, isLeftOut);
    return entry.isFile() ? [below] : [];
  });
}

function copyOf(folder: string, path: string): TarEntry {
  const from = join(folder, path);
  const isProgram = (statSync(from).mode & 0o100) !== 0;
  return { kind: 'copy', path: `${APP}/${path}`, mode: isProgram ? 0o755 : 0o644, from };
}

function componentOf(path: string, locked: LockedPackage): Component {
  const name = locked.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const version = locked.version ?? '';
  const hash =
    locked.integrity?.startsWith('sha512-') === true ? Buffer.from(locked.integrity.slice(7), 'base64').toString('hex') : undefined;
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    name,
    version,
    purl,
    ...(locked.license === undefined ? {} : { licence: locked.license }),
    ...(hash === undefined ? {} : { sha512: hash }),
  };
}
