import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { agencyOf } from '../views/agency-view.ts';
import { agencyFor } from './agencies.ts';
import { patchAgency } from './patch-agency.ts';

/** Programs that act for an agency: certified by their requests, so that no private key leaves the agency. */
export function agencyClientHandlers(context: ConsoleContext): HandlersOf<'putAgencyClient'> {
  return {
    putAgencyClient: async ({ principal, params: { name: agency, client }, body }) => {
      await agencyFor(context, principal, agency);
      const facts = { client, operationPublicKey: body.operationPublicKey };
      const deed = { principal, action: 'putAgencyClient', agency, resource: `Agency/${agency}`, facts };
      const { after } = await audited(context, deed, () =>
        patchAgency(context, { principal, name: agency }, ({ clients = [] }) => ({
          clients: [...clients.filter(({ name }) => name !== client), { name: client, ...body }],
        })),
      );
      return agencyOf(after);
    },
  };
}
