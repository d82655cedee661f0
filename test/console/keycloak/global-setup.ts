import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findKeycloak } from '../../../tools/keycloak/keycloak-tool.ts';
import { buildWeb } from '../../../tools/start/build-web.ts';
import { ROOT } from '../../e2e/running-city.ts';
import { SHARED_KEYCLOAK } from './keycloak-facts.ts';
import { type RunningKeycloak, startKeycloak } from './start-keycloak.ts';

let keycloak: RunningKeycloak | undefined;

/**
 * One Keycloak for the whole run: its start costs half a minute. Suites keep apart by agencies and people of their own. The pages are built
 * meanwhile, for suites side by side would write over each other's.
 */
export async function setup(): Promise<void> {
  await Promise.all([buildWeb(ROOT, new AbortController().signal), shareKeycloak()]);
}

async function shareKeycloak(): Promise<void> {
  if (findKeycloak() === undefined) return;
  keycloak = await startKeycloak();
  const path = join(keycloak.home, 'shared.json');
  writeFileSync(path, JSON.stringify(keycloak.facts), { mode: 0o600 });
  process.env[SHARED_KEYCLOAK] = path;
}

export async function teardown(): Promise<void> {
  await keycloak?.stop();
}
