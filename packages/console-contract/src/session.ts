import { type Static, Type } from '@sinclair/typebox';
import { ROLES } from './role.ts';
import { closed, Names, oneOf, text, whole } from './shape.ts';

export const LANGUAGES = ['zh-CN', 'en'] as const;

/** What the web needs before anyone is signed in. */
export const ConsoleConfig = closed({
  version: text('Version of the console.', 32),
  city: closed({ name: text('Name of the city.', 63), displayName: Names }),
  identity: closed({
    profile: oneOf(['local', 'keycloak'], 'Local identity of one machine, or a Keycloak.'),
    url: text('Base address for keycloak-js; empty for the origin of the page.', 512),
    realm: text('Realm.', 63),
    clientId: text('Client of the web.', 63),
  }),
  languages: Type.Array(oneOf(LANGUAGES, 'A language.')),
  grafanaUrl: Type.Optional(text('A Grafana that has the dashboards; left out where none is named.', 512)),
});

/** Who is signed in, and what they may do here. */
export const Me = closed({
  sub: text('Subject of the token.', 255),
  name: text('Name to show.', 255),
  isPlatformAdmin: Type.Boolean({ description: 'Runs the platform.' }),
  organizations: Type.Array(
    closed({
      agency: text('Name of the agency.', 63),
      displayName: Names,
      roles: Type.Array(oneOf(ROLES, 'A role.')),
    }),
  ),
  acr: text('Level of the sign-in: 1, or 2 with a second factor.', 16),
  authTimeUnixS: whole('When they signed in.'),
});

export type ConsoleConfig = Static<typeof ConsoleConfig>;
export type Me = Static<typeof Me>;
