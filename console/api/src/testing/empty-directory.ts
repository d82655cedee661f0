import type { Result } from '@civitas/canon';
import type { IdentityDirectory } from '@civitas/identity';

const unknown = async (): Promise<Result<never>> => ({ ok: false, refusal: { code: 'ORGANIZATION_UNKNOWN', facts: {}, then: 'drop' } });
const unasked = async (): Promise<never> => {
  throw new Error('the console does not ask this');
};

/** A directory in which no agency has an organization. */
export const emptyDirectory: IdentityDirectory = {
  findOrganization: async () => undefined,
  listOrganizations: async () => [],
  ensureOrganization: unasked,
  deleteOrganization: unasked,
  listMembers: unknown,
  findPerson: async () => undefined,
  addMember: unknown,
  removeMember: unknown,
  grantRole: unknown,
  withdrawRole: unknown,
  invite: unknown,
  listInvitations: unknown,
  resendInvitation: unknown,
  revokeInvitation: unknown,
  settleInvitations: unknown,
  listServiceClients: unknown,
  ensureServiceClient: unasked,
  rotateServiceClient: unasked,
  deleteServiceClient: unasked,
};
