import { readFileSync } from 'node:fs';

/** Version of this package; nodes and relays report it. */
export const VERSION: string = readPackageVersion();

function readPackageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : undefined;
  return typeof version === 'string' ? version : '0.0.0';
}
