import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Frame } from './pages/frame.tsx';
import { Home } from './pages/home.tsx';
import { NoSuchPage } from './pages/no-such-page.tsx';
import { PageFailed } from './pages/page-failed.tsx';
import { LoadingState } from './ui/states.tsx';

const root = createRootRoute({ component: Frame, notFoundComponent: NoSuchPage });
const under = () => root;

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
const tabSearch = (search: Record<string, unknown>): { readonly tab?: string } =>
  search['tab'] === undefined ? {} : { tab: textOf(search['tab']) };

const home = createRoute({ getParentRoute: under, path: '/', component: Home });
const key = createRoute({
  getParentRoute: under,
  path: '/key',
  component: lazyRouteComponent(() => import('./pages/approver-key.tsx'), 'ApproverKeyPage'),
});
const inbox = createRoute({
  getParentRoute: under,
  path: '/inbox',
  validateSearch: (search: Record<string, unknown>): { readonly open?: string } =>
    search['open'] === undefined ? {} : { open: textOf(search['open']) },
  component: lazyRouteComponent(() => import('./pages/inbox.tsx'), 'InboxPage'),
});
const networks = createRoute({
  getParentRoute: under,
  path: '/networks',
  component: lazyRouteComponent(() => import('./pages/networks.tsx'), 'NetworksPage'),
});
const newNetwork = createRoute({
  getParentRoute: under,
  path: '/networks/new',
  component: lazyRouteComponent(() => import('./pages/new-network.tsx'), 'NewNetworkPage'),
});
const network = createRoute({
  getParentRoute: under,
  path: '/networks/$name',
  validateSearch: tabSearch,
  component: lazyRouteComponent(() => import('./pages/network.tsx'), 'NetworkPage'),
});
const links = createRoute({
  getParentRoute: under,
  path: '/links',
  component: lazyRouteComponent(() => import('./pages/links.tsx'), 'LinksPage'),
});
const link = createRoute({
  getParentRoute: under,
  path: '/links/$name',
  component: lazyRouteComponent(() => import('./pages/link.tsx'), 'LinkPage'),
});
const status = createRoute({
  getParentRoute: under,
  path: '/status',
  component: lazyRouteComponent(() => import('./pages/status.tsx'), 'StatusPage'),
});
const map = createRoute({
  getParentRoute: under,
  path: '/map',
  component: lazyRouteComponent(() => import('./pages/city-map.tsx'), 'CityMapPage'),
});
const wall = createRoute({
  getParentRoute: under,
  path: '/wall',
  component: lazyRouteComponent(() => import('./pages/wall.tsx'), 'WallPage'),
});
const agencies = createRoute({
  getParentRoute: under,
  path: '/agencies',
  component: lazyRouteComponent(() => import('./pages/agencies.tsx'), 'AgenciesPage'),
});
const newAgency = createRoute({
  getParentRoute: under,
  path: '/agencies/new',
  component: lazyRouteComponent(() => import('./pages/new-agency.tsx'), 'NewAgencyPage'),
});
const agency = createRoute({
  getParentRoute: under,
  path: '/agencies/$name',
  validateSearch: tabSearch,
  component: lazyRouteComponent(() => import('./pages/agency.tsx'), 'AgencyPage'),
});
const explorer = createRoute({
  getParentRoute: under,
  path: '/explorer',
  validateSearch: (search: Record<string, unknown>): { readonly q?: string; readonly network?: string } => ({
    ...(search['q'] === undefined ? {} : { q: textOf(search['q']) }),
    ...(search['network'] === undefined ? {} : { network: textOf(search['network']) }),
  }),
  component: lazyRouteComponent(() => import('./pages/explorer.tsx'), 'ExplorerPage'),
});
const block = createRoute({
  getParentRoute: under,
  path: '/explorer/$network/blocks/$height',
  component: lazyRouteComponent(() => import('./pages/block.tsx'), 'BlockPage'),
});
const operation = createRoute({
  getParentRoute: under,
  path: '/explorer/$network/operations/$hash',
  component: lazyRouteComponent(() => import('./pages/operation.tsx'), 'OperationPage'),
});
const record = createRoute({
  getParentRoute: under,
  path: '/explorer/$network/record',
  validateSearch: (search: Record<string, unknown>): { readonly key: string } => ({ key: textOf(search['key']) }),
  component: lazyRouteComponent(() => import('./pages/record.tsx'), 'RecordPage'),
});
const audit = createRoute({
  getParentRoute: under,
  path: '/audit',
  component: lazyRouteComponent(() => import('./pages/audit.tsx'), 'AuditPage'),
});

const cases = createRoute({
  getParentRoute: under,
  path: '/cases',
  component: lazyRouteComponent(() => import('./pages/cases.tsx'), 'CasesPage'),
});
const newCase = createRoute({
  getParentRoute: under,
  path: '/cases/new',
  component: lazyRouteComponent(() => import('./pages/new-case.tsx'), 'NewCasePage'),
});
const caseOf = createRoute({
  getParentRoute: under,
  path: '/cases/$network/$id',
  component: lazyRouteComponent(() => import('./pages/case.tsx'), 'CasePage'),
});
const citizen = createRoute({
  getParentRoute: under,
  path: '/citizen',
  component: lazyRouteComponent(() => import('./pages/citizen.tsx'), 'CitizenPage'),
});

const tree = root.addChildren([
  home,
  inbox,
  key,
  networks,
  newNetwork,
  network,
  links,
  link,
  status,
  map,
  wall,
  agencies,
  newAgency,
  agency,
  explorer,
  block,
  operation,
  record,
  audit,
  cases,
  newCase,
  caseOf,
  citizen,
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: 'intent',
  defaultPendingComponent: LoadingState,
  defaultErrorComponent: PageFailed,
  scrollRestoration: false,
});

/** Loads the code of the page at a path before anybody is known to be signed in. What cannot be loaded is tried again when it is shown. */
export function preloadPage(path: string): void {
  const [routes] = router.getMatchedRoutes(path);
  for (const route of routes) router.loadRouteChunk(route)?.catch(() => undefined);
}

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
