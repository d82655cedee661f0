/** What we read of npm's lock file, version 3. */
export interface PackageLock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  /** `sha512-…` of the published archive. */
  readonly integrity?: string;
  readonly optional?: boolean;
  /** A workspace: `resolved` is its folder. */
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface Closure {
  readonly workspaces: readonly { readonly name: string; readonly path: string }[];
  /** Packages by their place below node_modules. Optional ones of other platforms are among them. */
  readonly packages: readonly { readonly path: string; readonly locked: LockedPackage }[];
}

/**
 * What a workspace needs at run time by the lock file, resolved as Node does: from a package's own node_modules upwards.
 *
 * @throws Error for a dependency that the lock file does not hold.
 */
export function closureOf(lock: PackageLock, workspace: string): Closure {
  const workspaces = new Map<string, string>();
  const packages = new Map<string, LockedPackage>();
  const visit = (name: string, from: string, isOptional: boolean): void => {
    const path = placeOf(lock, name, from);
    if (path === undefined) {
      if (isOptional) return;
      throw new Error(`${name}, needed by ${from === '' ? 'the root' : from}, is not in the lock file`);
    }
    const locked = lock.packages[path] as LockedPackage;
    const folder = locked.link === true ? (locked.resolved ?? '') : path;
    if (workspaces.has(name) && locked.link === true) return;
    if (packages.has(folder)) return;
    if (locked.link === true) workspaces.set(name, folder);
    else packages.set(folder, locked);
    const own = lock.packages[folder] ?? {};
    for (const dependency of Object.keys(own.dependencies ?? {})) visit(dependency, folder, false);
    for (const dependency of Object.keys(own.optionalDependencies ?? {})) visit(dependency, folder, true);
    for (const dependency of Object.keys(own.peerDependencies ?? {})) {
      visit(dependency, folder, true);
    }
  };
  visit(workspace, '', false);
  const byPath = (left: { path: string }, right: { path: string }): number => (left.path < right.path ? -1 : 1);
  return {
    workspaces: [...workspaces].map(([name, path]) => ({ name, path })).sort(byPath),
    packages: [...packages].map(([path, locked]) => ({ path, locked })).sort(byPath),
  };
}

function placeOf(lock: PackageLock, name: string, from: string): string | undefined {
  for (let folder = from; ; ) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lock.packages[place] !== undefined) return place;
    if (folder === '') return undefined;
    const nested = folder.lastIndexOf('/node_modules/');
    folder = nested < 0 ? '' : folder.slice(0, nested);
  }
}
