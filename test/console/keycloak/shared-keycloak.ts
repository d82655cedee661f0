import { readFileSync } from 'node:fs';
import { findKeycloak } from '../../../tools/keycloak/keycloak-tool.ts';
import { describeWith } from '../../describe-with.ts';
import { type KeycloakFacts, SHARED_KEYCLOAK } from './keycloak-facts.ts';

/** The Keycloak that the run's setup started. @throws Error outside a run of test/console. */
export function sharedKeycloak(): KeycloakFacts {
  const path = process.env[SHARED_KEYCLOAK];
  if (path === undefined) throw new Error('no Keycloak in this run; npm run test:console');
  return JSON.parse(readFileSync(path, 'utf8')) as KeycloakFacts;
}

/** A suite over the real Keycloak. */
export function describeWithKeycloak(name: string, suite: () => void): void {
  describeWith({ found: findKeycloak(), missing: 'no Keycloak; npm run keycloak:install' }, name, suite);
}
