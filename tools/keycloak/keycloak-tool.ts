import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Release of Keycloak that the realm in charts/civitas/keycloak is made for and tested against. */
export const KEYCLOAK_VERSION = '26.7.3';
/** Checksum of its distribution as Maven Central serves it. */
export const KEYCLOAK_SHA256 = '77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47';
/** Fixed when it is built; a start with others is refused. */
export const KEYCLOAK_BUILD_OPTIONS = ['--db=dev-mem', '--health-enabled=true', '--metrics-enabled=true'] as const;

/** Written last: a folder without it is half-built. */
export const KEYCLOAK_MANIFEST = 'civitas-keycloak.json';

export function keycloakFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'civitas', `keycloak-${KEYCLOAK_VERSION}`);
}

/** What the manifest has to say for a folder to be the one that is wanted. */
export function keycloakManifest(): string {
  return `${JSON.stringify({ version: KEYCLOAK_VERSION, sha256: KEYCLOAK_SHA256, options: KEYCLOAK_BUILD_OPTIONS }, null, 2)}\n`;
}

/** Keycloak as `npm run keycloak:install` built it; undefined when it has not run. */
export function findKeycloak(folder: string = keycloakFolder()): string | undefined {
  const manifest = join(folder, KEYCLOAK_MANIFEST);
  return existsSync(manifest) && readFileSync(manifest, 'utf8') === keycloakManifest() ? folder : undefined;
}
