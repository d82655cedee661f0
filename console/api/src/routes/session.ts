import type { Me, Role } from '@civitas/console-contract';
import { IdentityFault, isPlatformAdmin, type Principal } from '@civitas/identity';
import { errorFields } from '@civitas/telemetry';
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
    getMe: async ({ principal }): Promise<Me> => {
      await settleInvitations(context, principal);
      return {
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
      };
    },
    watchEvents: (call) => serveEvents(context, call),
  };
}

/** Whoever has just accepted an invitation has no role yet: gives them those they were invited for, which their next token has. */
async function settleInvitations({ directory, log }: ConsoleContext, { organizations }: Principal): Promise<void> {
  const joined = Object.entries(organizations).flatMap(([agency, roles]) => (roles.length === 0 ? [agency] : []));
  for (const agency of joined) {
    try {
      await directory.settleInvitations(agency);
    } catch (error) {
      if (!(error instanceof IdentityFault)) throw error;
      log.warn('invitations-unsettled', { agency, ...errorFields(error) });
    }
  }
}
