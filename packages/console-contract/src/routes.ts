import { caseRoutes, citizenRoutes } from './routes-of-cases.ts';
import { explorerRoutes, inboxRoutes } from './routes-of-ledgers.ts';
import { auditRoutes, downloadRoutes, memberRoutes, sessionRoutes } from './routes-of-people.ts';
import { agencyRoutes, linkRoutes, networkRoutes } from './routes-of-resources.ts';

/** Every route of the API by the name of its operation. */
export const ROUTES = {
  ...sessionRoutes,
  ...networkRoutes,
  ...linkRoutes,
  ...agencyRoutes,
  ...memberRoutes,
  ...inboxRoutes,
  ...explorerRoutes,
  ...caseRoutes,
  ...citizenRoutes,
  ...auditRoutes,
  ...downloadRoutes,
};
export type RouteName = keyof typeof ROUTES;
