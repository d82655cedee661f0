import {
  type IdentityDirectory,
  IdentityFault,
  type IdentityFaultCode,
  type Organization,
  type ServiceClientWish,
} from '@civitas/identity';

/** What the provider holds of one agency. */
export interface HeldAgency {
  organization: Organization;
  readonly groups: Set<string>;
  readonly clients: Map<string, Required<ServiceClientWish>>;
}

/** Organizations and service clients in memory, as far as the operator asks for them. */
export interface FakeDirectory {
  readonly directory: IdentityDirectory;
  readonly agencies: Map<string, HeldAgency>;
  /** Writes that it was asked for, in order, such as `organization hospital-1`. */
  readonly writes: string[];
  /** Calls about an agency fail with its code. */
  readonly faults: Map<string, IdentityFaultCode>;
  calls: number;
}

const GROUPS = ['owner', 'operator', 'auditor', 'developer'];

export function createFakeDirectory(): FakeDirectory {
  const fake: FakeDirectory = { directory: undefined as never, agencies: new Map(), writes: [], faults: new Map(), calls: 0 };
  const ask = <T>(alias: string, answer: () => T): Promise<T> => {
    fake.calls += 1;
    const fault = fake.faults.get(alias);
    if (fault !== undefined) return Promise.reject(new IdentityFault(fault, `the provider was told to fail with ${fault}`));
    return Promise.resolve(answer());
  };
  const unasked = (): never => {
    throw new Error('the operator has no right to ask for people');
  };
  const directory: IdentityDirectory = {
    findOrganization: (alias) => ask(alias, () => fake.agencies.get(alias)?.organization),
    listOrganizations: () => ask('', () => [...fake.agencies.values()].map(({ organization }) => organization)),
    ensureOrganization: (wish) =>
      ask(wish.alias, () => {
        const held = fake.agencies.get(wish.alias);
        const organization = { ...wish, id: held?.organization.id ?? `id-of-${wish.alias}` };
        const isSame = JSON.stringify(held?.organization) === JSON.stringify(organization);
        const missing = GROUPS.filter((group) => held?.groups.has(group) !== true);
        const changed = [...(isSame ? [] : ['organization']), ...missing.map((group) => `group /${group}`)];
        fake.writes.push(...changed.map((what) => `${what} ${wish.alias}`));
        fake.agencies.set(wish.alias, { organization, groups: new Set(GROUPS), clients: held?.clients ?? new Map() });
        return { value: organization, changed };
      }),
    deleteOrganization: (alias) =>
      ask(alias, () => {
        fake.writes.push(`delete ${alias}`);
        return fake.agencies.delete(alias);
      }),
    listServiceClients: (alias) =>
      ask(alias, () => {
        const clients = [...(fake.agencies.get(alias)?.clients.values() ?? [])];
        return { ok: true, value: clients.map(({ name, roles }) => ({ alias, name, roles, clientId: `agency.${alias}.${name}` })) };
      }),
    ensureServiceClient: (wish) =>
      ask(wish.alias, () => {
        const clients = fake.agencies.get(wish.alias)?.clients;
        const secret = wish.secret ?? 'made by the provider';
        const wished = { ...wish, secret };
        const isSame = JSON.stringify(clients?.get(wish.name)) === JSON.stringify(wished);
        if (!isSame) fake.writes.push(`client ${wish.alias}.${wish.name}`);
        clients?.set(wish.name, wished);
        const client = { alias: wish.alias, name: wish.name, roles: wish.roles, clientId: `agency.${wish.alias}.${wish.name}` };
        return { ok: true, value: { value: { client, secret }, changed: isSame ? [] : ['client'] } };
      }),
    deleteServiceClient: (alias, name) =>
      ask(alias, () => {
        fake.writes.push(`delete ${alias}.${name}`);
        return fake.agencies.get(alias)?.clients.delete(name) ?? false;
      }),
    listMembers: unasked,
    findPerson: unasked,
    addMember: unasked,
    removeMember: unasked,
    grantRole: unasked,
    withdrawRole: unasked,
    invite: unasked,
    listInvitations: unasked,
    resendInvitation: unasked,
    revokeInvitation: unasked,
    settleInvitations: unasked,
    rotateServiceClient: unasked,
  };
  return Object.assign(fake, { directory });
}
