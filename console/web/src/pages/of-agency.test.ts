import type { InboxItem, Link, Network } from '@civitas/console-contract';
import { expect, test } from '@jest/globals';
import { inboxOf, linksOf, networksOf } from './of-agency.ts';

const network = (name: string, agencies: readonly string[]): Network => ({
  name,
  phase: 'Available',
  conditions: [],
  namespace: 'jincheng',
  domain: 'health',
  chainId: `jincheng-${name}-1`,
  paused: false,
  hibernated: false,
  members: agencies.map((agency) => ({ agency, roles: [], state: 'Enrolled' })),
  createdAt: '2026-01-01T00:00:00Z',
  generation: 1,
  resourceVersion: '1',
});
const NETWORKS = [network('health', ['hospital-2']), network('transport', ['traffic-police']), network('city', ['civil-affairs'])];
const link = (name: string, from: string, to: string): Link => ({
  name,
  phase: 'Flowing',
  conditions: [],
  createdAt: '2026-01-01T00:00:00Z',
  generation: 1,
  resourceVersion: '1',
  from,
  to,
  paused: false,
  frozen: false,
  drain: false,
  sides: {},
});
const item = (id: string, over: Partial<InboxItem>): InboxItem => ({
  id,
  kind: 'condition',
  title: id,
  resource: id,
  since: '2026-01-01T00:00:00Z',
  actions: [],
  ...over,
});

test('who works for one agency sees its networks and links, and who works for all of theirs sees all', () => {
  const links = [link('city-health', 'city', 'health'), link('city-transport', 'city', 'transport')];
  expect(networksOf('hospital-2', NETWORKS).map(({ name }) => name)).toEqual(['health']);
  expect(linksOf('hospital-2', links, NETWORKS).map(({ name }) => name)).toEqual(['city-health']);
  expect(networksOf('', NETWORKS)).toBe(NETWORKS);
  expect(linksOf('', links, NETWORKS)).toBe(links);
});

test('an inbox of one agency holds what waits for it, what is wrong on its networks, and nothing of another’s', () => {
  const proposal = {
    id: 'p',
    network: 'transport',
    kind: 'addKeys',
    change: {},
    subject: 'bank-1',
    proposer: 'bank-1',
    proposedAtUnixMs: 0,
    status: 'open' as const,
    failure: '',
    approvals: [],
    approvalsNeeded: 1,
    mayApprove: ['traffic-police', 'hospital-2'],
  };
  const items = [
    item('both', { kind: 'proposal', agency: 'traffic-police', network: 'transport', proposal }),
    item('theirs', { kind: 'proposal', agency: 'traffic-police', proposal: { ...proposal, mayApprove: ['traffic-police'] } }),
    item('health', { network: 'health' }),
    item('transport', { network: 'transport' }),
    item('invitation', { kind: 'invitation', agency: 'hospital-2' }),
  ];
  expect(inboxOf('hospital-2', items, NETWORKS).map(({ id }) => id)).toEqual(['both', 'health', 'invitation']);
  expect(inboxOf('', items, NETWORKS)).toBe(items);
});
