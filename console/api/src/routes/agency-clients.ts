import type { ClientRequest } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { type Agency, agencies } from '../kube/kinds.ts';
import { agencyOf } from '../views/agency-view.ts';
import { agencyFor, byField } from './agencies.ts';

/** Puts a program beside the others of its agency. With the version in it, what came in between is a conflict and not overwritten. */
async function putClient(
  context: ConsoleContext,
  principal: Principal,
  { name, ...request }: ClientRequest & { readonly name: string },
  agency: string,
): Promise<Agency> {
  const acting = context.acting.as(principal);
  const { metadata, spec } = await acting.get(agencies, { name: agency });
  const clients = [...(spec.clients ?? []).filter((client) => client.name !== name), { name, ...request }];
  const change = { metadata: { resourceVersion: metadata.resourceVersion }, spec: { clients } };
  return byField(() => acting.mergePatch(agencies, { name: agency }, change, { fieldManager: 'civitas-console' }));
}

/** Programs that act for an agency: certified by their requests, so that no private key leaves the agency. */
export function agencyClientHandlers(context: ConsoleContext): HandlersOf<'putAgencyClient'> {
  return {
    putAgencyClient: async ({ principal, params: { name: agency, client }, body }) => {
      await agencyFor(context, principal, agency);
      const facts = { client, operationPublicKey: body.operationPublicKey };
      const deed = { principal, action: 'putAgencyClient', agency, resource: `Agency/${agency}`, facts };
      return agencyOf(await audited(context, deed, () => putClient(context, principal, { name: client, ...body }, agency)));
    },
  };
}
