/**
 * `npm run keycloak:install`: fetches Keycloak's distribution with Maven, compares its checksum and builds it once into the user's cache,
 * for tests of the console's second identity profile. The laptop needs none of it. Needs Java 17 and mvn; does nothing when it was built
 * before.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  findKeycloak,
  KEYCLOAK_BUILD_OPTIONS,
  KEYCLOAK_MANIFEST,
  KEYCLOAK_SHA256,
  KEYCLOAK_VERSION,
  keycloakFolder,
  keycloakManifest,
} from './keycloak/keycloak-tool.ts';

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
const ARTIFACT = `org.keycloak:keycloak-quarkus-dist:${KEYCLOAK_VERSION}:tar.gz`;

function run(program: string, args: readonly string[], needed: string): void {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new Error(isMissing ? `no ${program}: ${needed}` : `${program} failed; its lines above say why`, { cause: error });
  }
}

function install(folder: string): void {
  mkdirSync(dirname(folder), { recursive: true });
  const building = mkdtempSync(`${folder}.building-`);
  try {
    run('mvn', ['-B', '-q', COPY, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${building}`], 'install maven and a JDK, 17 or newer');
    const archive = join(building, `keycloak-quarkus-dist-${KEYCLOAK_VERSION}.tar.gz`);
    const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex');
    if (sha256 !== KEYCLOAK_SHA256) throw new Error(`the distribution has SHA-256 ${sha256}, expected ${KEYCLOAK_SHA256}`);
    run('tar', ['-xzf', archive, '-C', building, '--strip-components=1'], 'install tar');
    rmSync(archive);
    run(join(building, 'bin', 'kc.sh'), ['build', ...KEYCLOAK_BUILD_OPTIONS], 'the distribution is not whole');
    writeFileSync(join(building, KEYCLOAK_MANIFEST), keycloakManifest());
    rmSync(folder, { recursive: true, force: true });
    renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

try {
  const folder = keycloakFolder();
  if (findKeycloak(folder) === undefined) install(folder);
  process.stdout.write(`Keycloak ${KEYCLOAK_VERSION} is in ${folder}\n`);
} catch (error) {
  process.stderr.write(`keycloak:install: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
