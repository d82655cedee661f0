import type { ConsoleContext } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import { agencyHandlers } from './agencies.ts';
import { agencyApprovalHandlers } from './agency-approval.ts';
import { agencyClientHandlers } from './agency-clients.ts';
import { auditHandlers } from './audit.ts';
import { caseHandlers } from './cases.ts';
import { citizenHandlers } from './citizen.ts';
import { downloadHandlers } from './downloads.ts';
import { explorerHandlers } from './explorer.ts';
import { governanceHandlers } from './governance.ts';
import { inboxHandlers } from './inbox.ts';
import { linkHandlers } from './links.ts';
import { memberHandlers } from './members.ts';
import { networkHandlers } from './networks.ts';
import { sessionHandlers } from './session.ts';
import { supportHandlers } from './support.ts';

export function allHandlers(context: ConsoleContext): Handlers {
  return {
    ...sessionHandlers(context),
    ...networkHandlers(context),
    ...linkHandlers(context),
    ...agencyHandlers(context),
    ...agencyClientHandlers(context),
    ...agencyApprovalHandlers(context),
    ...memberHandlers(context),
    ...inboxHandlers(context),
    ...governanceHandlers(context),
    ...explorerHandlers(context),
    ...auditHandlers(context),
    ...caseHandlers(context),
    ...citizenHandlers(context),
    ...downloadHandlers(context),
    ...supportHandlers(context),
  };
}
