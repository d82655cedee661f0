/**
 * Completes package-lock.json after `npm install` on a registry that holds only some platforms: `npm ci` refuses a lock file that leaves out an
 * optional dependency, though it would never install it here. Adds each such package with its version and platform, without an
 * integrity hash (a machine of that platform fetches it by name and version). Run by hand: `node tools/complete-lock.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

const path = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockedPackage> };
const CPUS: Readonly<Record<string, string>> = { armv7: 'arm', arm: 'arm', arm64: 'arm64', aarch64: 'arm64', ia32: 'ia32', x64: 'x64' };

/** Platform of a package from the words of its name: `…-linux-arm-gnueabihf`, `…/darwin-arm64`. Undefined when the name says none. */
function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> | undefined {
  const match = /(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-([a-z]+))?$/.exec(name);
  const [, os, cpu, abi] = match ?? [];
  if (os === undefined || cpu === undefined) return undefined;
  return { ...(abi === 'musl' ? { libc: ['musl'] } : {}), cpu: [CPUS[cpu] ?? cpu], os: [os] };
}

const added: string[] = [];
for (const locked of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(locked.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    const platform = platformOf(name);
    if (lock.packages[place] !== undefined || platform === undefined || !/^\d/.test(version)) continue;
    lock.packages[place] = { version, ...platform, ...(locked.dev === true ? { dev: true } : {}), optional: true };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added.length} packages of other platforms added\n`);
