import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeWithKeycloak, sharedKeycloak } from '../keycloak/shared-keycloak.ts';
import { createKeycloakProfile } from './keycloak-profile.ts';
import { createLocalProfile } from './local-profile.ts';
import type { Profile } from './profile.ts';

const START_MS_MAX = 120_000;

/** How each profile starts, and how a suite over it is described where it may be missing. */
const PROFILES: readonly {
  readonly name: Profile['name'];
  readonly describe: (name: string, suite: () => void) => void;
  readonly start: () => Promise<Profile>;
}[] = [
  { name: 'local', describe, start: createLocalProfile },
  { name: 'keycloak', describe: describeWithKeycloak, start: async () => createKeycloakProfile(sharedKeycloak()) },
];

/** One suite on every identity profile. @param suite Gets the profile when a test runs, not before. */
export function describeProfiles(name: string, suite: (profile: () => Profile) => void): void {
  for (const kind of PROFILES) {
    kind.describe(`${name}, ${kind.name}`, () => {
      let profile: Profile | undefined;
      beforeAll(async () => {
        profile = await kind.start();
      }, START_MS_MAX);
      afterAll(async () => {
        await profile?.stop();
      });
      suite(() => {
        if (profile === undefined) throw new Error(`${kind.name} did not start`);
        return profile;
      });
    });
  }
}
