import { type Resource, ROLES, type Role, type Scope, type Verb } from '@civitas/console-contract';
import { isPlatformAdmin, isSteppedUp, type Principal } from '@civitas/identity';

/** What somebody wants to do. */
export interface Request {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly scope: Scope;
  /** Agency it is about; with scope `network` the ones that take part in it. */
  readonly agencies: readonly string[];
  /** Needs a fresh sign-in with a second factor. */
  readonly stepUp: boolean;
}

export type DenyReason = 'signed-out' | 'platform-only' | 'agency-only' | 'not-a-member' | 'role-missing';
export type Decision = { readonly kind: 'allow' } | { readonly kind: 'step-up' } | { readonly kind: 'deny'; readonly reason: DenyReason };

/** Roles in an agency that allow a verb on a resource of it, of a network it takes part in, or of the caller's own. What is not here nobody may. */
const GRANTS: Partial<Readonly<Record<`${Verb} ${Resource}`, readonly Role[]>>> = {
  'read session': ROLES,
  'read event': ROLES,
  'read network': ROLES,
  'read link': ROLES,
  'read agency': ROLES,
  'read inbox': ROLES,
  'read ledger': ROLES,
  'read member': ['owner', 'operator', 'auditor'],
  'invite member': ['owner'],
  'update member': ['owner'],
  'delete member': ['owner'],
  'approve proposal': ['owner'],
  'create key': ['owner'],
  'read audit': ['owner', 'auditor'],
  'export download': ['owner', 'operator', 'developer'],
  'read case': ROLES,
  'create case': ['owner', 'operator'],
  'update case': ['owner', 'operator'],
};

/** What running the platform allows. It approves nothing, changes nobody's roles and takes nobody's credentials: those are the agencies' own. */
const PLATFORM: ReadonlySet<string> = new Set<`${Verb} ${Resource}`>([
  'read session',
  'read event',
  'read network',
  'create network',
  'read link',
  'read agency',
  'create agency',
  'update agency',
  'delete agency',
  'read member',
  'invite member',
  'read inbox',
  'read ledger',
  'read audit',
  'export support',
]);

/** Open to whoever has signed in, also without any role: they see who they are and that nothing is theirs. */
const SIGNED_IN: ReadonlySet<string> = new Set<`${Verb} ${Resource}`>([
  'read session',
  'read event',
  'read network',
  'read link',
  'read agency',
  'read inbox',
  'read ledger',
  'read case',
  // What a citizen sees and does is about themselves: whoever they are, the portal's gateway decides by their account.
  'read citizen',
  'create citizen',
  'update citizen',
]);

const ALLOW: Decision = { kind: 'allow' };

/** Agencies in which the caller holds a role that allows this. Rights there come from the organization claim alone. */
export function agenciesAllowing(principal: Principal, verb: Verb, resource: Resource): readonly string[] {
  const granted = GRANTS[`${verb} ${resource}`] ?? [];
  return Object.entries(principal.organizations)
    .filter(([, roles]) => roles.some((role) => granted.some((one) => one === role)))
    .map(([agency]) => agency);
}

function mayAtAll(principal: Principal, { verb, resource, scope, agencies }: Request): Decision {
  const action = `${verb} ${resource}` as const;
  if (isPlatformAdmin(principal) && PLATFORM.has(action)) return ALLOW;
  if (scope === 'city') return { kind: 'deny', reason: 'platform-only' };
  const allowing = agenciesAllowing(principal, verb, resource);
  if (scope === 'self') return allowing.length > 0 || SIGNED_IN.has(action) ? ALLOW : { kind: 'deny', reason: 'role-missing' };
  if (allowing.some((agency) => agencies.includes(agency))) return ALLOW;
  const own = Object.keys(principal.organizations).some((agency) => agencies.includes(agency));
  if (own) return { kind: 'deny', reason: 'role-missing' };
  return { kind: 'deny', reason: isPlatformAdmin(principal) ? 'agency-only' : 'not-a-member' };
}

/**
 * Whether somebody may do something; what no rule allows is denied.
 *
 * @param principal undefined before anyone has signed in.
 * @param nowUnixS against which the age of the sign-in is measured.
 */
export function decide(principal: Principal | undefined, request: Request, nowUnixS: number): Decision {
  if (request.scope === 'public')
    return request.verb === 'read' && request.resource === 'console' ? ALLOW : { kind: 'deny', reason: 'platform-only' };
  if (principal === undefined) return { kind: 'deny', reason: 'signed-out' };
  const decision = mayAtAll(principal, request);
  if (decision.kind !== 'allow' || !request.stepUp) return decision;
  return isSteppedUp(principal, nowUnixS) ? ALLOW : { kind: 'step-up' };
}
