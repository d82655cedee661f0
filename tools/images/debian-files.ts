import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { Component } from './sbom.ts';
import type { TarEntry } from './tar.ts';

/** Licences of the packages whose libraries the images hold; the full text is copied beside them. */
const LICENCES: Readonly<Record<string, string>> = {
  libc6: 'LGPL-2.1-or-later',
  'libstdc++6': 'GPL-3.0-or-later WITH GCC-exception-3.1',
  'libgcc-s1': 'GPL-3.0-or-later WITH GCC-exception-3.1',
};

interface DebianFiles {
  readonly entries: readonly TarEntry[];
  readonly components: readonly Component[];
}

/**
 * The shared libraries that programs are linked to, as this machine's Debian packages hold them, at the paths the loader looks at,
 * with each package's copyright file.
 *
 * @throws Error on a machine without Debian packages, and for a library whose package has no licence on record here.
 */
export function debianLibrariesOf(programs: readonly string[]): DebianFiles {
  const libraries = [...new Set(programs.flatMap(librariesOf))].sort();
  const packages = new Set<string>();
  const entries: TarEntry[] = [];
  for (const library of libraries) {
    packages.add(packageOf(library));
    entries.push({ kind: 'copy', path: library.slice(1), mode: 0o755, from: realpathSync(library) });
  }
  for (const name of packages) {
    const copyright = `/usr/share/doc/${name}/copyright`;
    entries.push({ kind: 'copy', path: copyright.slice(1), from: copyright });
  }
  return { entries, components: [...packages].sort().map(componentOf) };
}

/** Absolute paths as the loader resolves them. */
function librariesOf(program: string): readonly string[] {
  const text = execFileSync('ldd', [program], { encoding: 'utf8' });
  if (text.includes('not found')) throw new Error(`${program} needs a library that is not on this machine:\n${text}`);
  return [...text.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
}

/** Debian files a library under the path it was unpacked to, which may lie behind a link of a merged /usr. */
function packageOf(library: string): string {
  const candidates = [
    library,
    library.replace(/^\/lib/, '/usr/lib'),
    realpathSync(library),
    realpathSync(library).replace(/^\/usr\/lib/, '/lib'),
  ];
  for (const candidate of candidates) {
    try {
      const owner = execFileSync('dpkg-query', ['-S', candidate], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      return owner.split(':', 1)[0] ?? '';
    } catch {
      // Under another path, or of no package.
    }
  }
  throw new Error(`${library} belongs to no Debian package; images are built on Debian`);
}

function componentOf(name: string): Component {
  const [version = '', architecture = ''] =
    execFileSync('dpkg-query', ['-W', '-f', '${Version} ${Architecture}\n', name], { encoding: 'utf8' }).split('\n', 1)[0]?.split(' ') ??
    [];
  const licence = LICENCES[name];
  if (licence === undefined)
    throw new Error(`the images would hold ${basename(name)} ${version}, whose licence is not on record in debian-files.ts`);
  const release = existsSync('/etc/debian_version') ? (readFileSync('/etc/debian_version', 'utf8').split('.', 1)[0] ?? '').trim() : '';
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-${release}`;
  return { type: 'library', name, version, purl, licence };
}
