import { done, refused } from '@civitas/contracts';
import { checkMisbehaviour } from '@civitas/proofs';
import { type SystemModule, systemMethod } from '../ledger/system-module.ts';
import { acknowledge } from './acknowledge.ts';
import { certifyHeader, freeze, lightBlockOf } from './client.ts';
import { receive } from './receive.ts';
import { findClient } from './records.ts';
import { MisbehaviourArgs, UpdateArgs } from './schema.ts';
import { timeout } from './timeout.ts';
import { applyUpdates } from './updates.ts';

const update = systemMethod({
  summary: 'Brings light clients further with headers their own validators signed.',
  args: UpdateArgs,
  // The operator brings the city's headers along when it proposes a client; a header proves itself, whoever carries it.
  roles: ['relay', 'platform'],
  refusals: ['CLIENT_UNKNOWN', 'CLIENT_FROZEN', 'CLIENT_NOT_ACTIVE', 'LIGHT_BLOCK_MALFORMED', 'HEADER_TOO_OLD', 'VALIDATORS_UNKNOWN'],
  run(execution, { updates }) {
    // A relay's key is bought with quota alone, so what it stores without a delivery is bounded; the platform answers for what it brings.
    const isRelay = execution.operation.caller.role === 'relay';
    const updated = applyUpdates(execution, updates, isRelay ? [] : 'all');
    return updated.ok ? done({ effects: updated.value.map(({ peer, effect }) => ({ peer, effect })) }) : updated;
  },
});

const misbehaviour = systemMethod({
  summary: 'Freezes a client on two certified headers of its peer that cannot both be honest.',
  args: MisbehaviourArgs,
  // Anyone who holds the evidence: it speaks for itself.
  roles: ['relay', 'member', 'platform'],
  refusals: ['CLIENT_UNKNOWN', 'NOT_MISBEHAVIOUR', 'STATE', 'LIGHT_BLOCK_MALFORMED'],
  run(execution, { peer, first, second }) {
    const client = findClient(execution.records, peer);
    if (client === undefined) return refused('CLIENT_UNKNOWN', { peer });
    if (client.status !== 'Active') return refused('STATE', { reason: 'not-active', peer, status: client.status });
    const one = lightBlockOf(first);
    if (!one.ok) return one;
    const other = lightBlockOf(second);
    if (!other.ok) return other;
    for (const lightBlock of [one.value, other.value]) {
      const certified = certifyHeader(execution, client, lightBlock);
      if (!certified.ok) return certified;
    }
    const pair = { first: one.value.header, second: other.value.header };
    const found = checkMisbehaviour(execution.ledger.crypto.sha256, pair);
    if (!found.ok) return found;
    const height = Math.min(Number(pair.first.height), Number(pair.second.height));
    freeze(execution, client, height, found.value);
    return done({ frozen: true, reason: found.value, height });
  },
});

/** Links to other networks: light clients, packets, receipts, acknowledgements, timeouts. */
export const linksModule: SystemModule = {
  name: 'links',
  version: 'v1',
  summary: 'The five verbs of a relay; safety rests on proofs, never on who submits them.',
  methods: { update, receive, acknowledge, timeout, misbehaviour },
};
