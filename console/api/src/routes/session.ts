import type { Me, Role } from '@civitas/console-contract';
import { isPlatformAdmin } from '@civitas/identity';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { serveEvents } from '../live/serve-events.ts';

export function sessionHandlers(context: ConsoleContext): HandlersOf<'getConfig' | 'getMe' | 'watchEvents'> {
  return {
    getConfig: () => {
      const city = context.view.city()?.spec;
      const { city: name = '', displayName = { zh: '', en: '' } } = city ?? {};
      return { ...context.settings, city: { name, displayName } };
    },
    getMe: ({ principal }): Me => ({
      sub: principal.sub,
      name: principal.name,
      isPlatformAdmin: isPlatformAdmin(principal),
      organizations: Object.entries(principal.organizations).map(([agency, roles]) => ({
        agency,
        displayName: context.view.findAgency(agency)?.spec.displayName ?? { zh: agency, en: agency },
        roles: [...roles] satisfies Role[],
      })),
      acr: principal.acr,
      authTimeUnixS: principal.authTimeUnixS,
    }),
    watchEvents: (call) => serveEvents(context, call),
  };
}
