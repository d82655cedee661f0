import type { Agency as AgencyAnswer } from '@civitas/console-contract';
import type { Agency } from '../kube/kinds.ts';
import { objectHeadOf, present } from './object-head.ts';

export function agencyOf(agency: Agency): AgencyAnswer {
  const { spec, status } = agency;
  return {
    ...objectHeadOf(agency),
    displayName: spec.displayName,
    founder: spec.founder === true,
    approvalPolicy: spec.approvalPolicy ?? 'manual',
    ...present(status, 'namespace', 'organizationId'),
    quotas: { ...spec.quotas },
    memberships: spec.memberships.map(({ network, roles }) => {
      const standing = status?.memberships?.find((entry) => entry.network === network);
      return {
        network,
        roles: [...roles],
        state: standing?.state ?? '',
        ...present(standing, 'onLedgerHeight', 'approvalsMissing', 'message'),
      };
    }),
    approvers: (spec.approvers ?? []).map(({ name, publicKey }) => ({ name, publicKey })),
    clients: (status?.clients ?? []).map((client) => ({ name: client.name, networks: client.networks, ...present(client, 'problem') })),
  };
}
