import { stripTypeScriptTypes } from 'node:module';

/** A path of our own, relative to the file it stands in, as `import` and `new URL` name one. */
const OWN_MODULE = /(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g;

/** Where a source file lies once its types are taken out; other files stay where they are. */
export function plainPath(path: string): string {
  return path.replace(/\.ts$/, '.js');
}

/**
 * One of our files as JavaScript: every type a blank of its length, so that lines and columns stay those of the source, and our own modules
 * named as they are called then. A program that has no types left does not load the compiler that takes them out, which is 18 MB.
 *
 * @param path Its ending says what it is; files other than `.ts` and `package.json` are given back as they are.
 */
export function plainSource(path: string, content: string): string {
  if (path.endsWith('/package.json')) return plainManifest(content);
  if (!path.endsWith('.ts')) return content;
  return stripTypeScriptTypes(content, { mode: 'strip' }).replace(OWN_MODULE, '$1$2.js$1');
}

/** A workspace exports its sources under their new names. */
function plainManifest(content: string): string {
  const manifest = JSON.parse(content) as { readonly exports?: unknown };
  if (manifest.exports === undefined) return content;
  const named = JSON.stringify(manifest.exports, (_key, value: unknown) => (typeof value === 'string' ? plainPath(value) : value));
  return `${JSON.stringify({ ...manifest, exports: JSON.parse(named) as unknown }, null, 2)}\n`;
}
