import { waitFor } from '@civitas/testkit';

const READY_MS = 300_000;

interface AgencyAnswer {
  readonly phase: string;
  readonly organizationId?: string;
  readonly memberships: readonly { readonly network: string; readonly state: string }[];
}

export interface Onboarding {
  /** From the request on: its answer; the organization in the identity provider; every membership no longer pending. */
  readonly answeredMs: number;
  readonly organizationMs: number;
  readonly proposedMs: number;
  readonly phase: string;
}

/** Takes an agency in as the wizard does, and waits for what machines do about it; people’s approvals are not part of it. */
export async function onboardAgency(origin: string, authorization: string, name: string): Promise<Onboarding> {
  const headers = { authorization, 'content-type': 'application/json' };
  const memberships = [{ network: 'health', roles: ['custodian'] }];
  const body = JSON.stringify({ name, displayName: { zh: '第九人民医院', en: 'Ninth Hospital' }, memberships });
  const startedMs = performance.now();
  const sinceMs = (): number => Math.round(performance.now() - startedMs);
  const answer = await fetch(`${origin}/api/v1/agencies`, { method: 'POST', headers, body });
  if (answer.status !== 201) throw new Error(`the agency was not taken in: ${answer.status} ${await answer.text()}`);
  const answeredMs = sinceMs();
  const when = async (what: string, holds: (agency: AgencyAnswer) => boolean): Promise<{ atMs: number; agency: AgencyAnswer }> => {
    const agency = await waitFor(
      what,
      async () => {
        const seen = await fetch(`${origin}/api/v1/agencies/${name}`, { headers: { authorization } });
        const read = seen.status === 200 ? ((await seen.json()) as AgencyAnswer) : undefined;
        return read !== undefined && holds(read) ? read : undefined;
      },
      READY_MS,
    );
    return { atMs: sinceMs(), agency };
  };
  const organization = await when('the organization', ({ organizationId }) => organizationId !== undefined);
  const proposed = await when(
    'the memberships',
    (agency) => agency.memberships.length > 0 && agency.memberships.every(({ state }) => state !== 'Pending'),
  );
  return { answeredMs, organizationMs: organization.atMs, proposedMs: proposed.atMs, phase: proposed.agency.phase };
}
