import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findKeycloak } from '../../../tools/keycloak/keycloak-tool.ts';
import { SHARED_KEYCLOAK } from './keycloak-facts.ts';
import { type RunningKeycloak, startKeycloak } from './start-keycloak.ts';

let keycloak: RunningKeycloak | undefined;

/** One Keycloak for the whole run: its start costs half a minute. Suites keep apart by agencies and people of their own. */
export async function setup(): Promise<void> {
  if (findKeycloak() === undefined) return;
  keycloak = await startKeycloak();
  const path = join(keycloak.home, 'shared.json');
  writeFileSync(path, JSON.stringify(keycloak.facts), { mode: 0o600 });
  process.env[SHARED_KEYCLOAK] = path;
}

export async function teardown(): Promise<void> {
  await keycloak?.stop();
}
