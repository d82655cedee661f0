import type { Link } from '@civitas/console-contract';
import type { LedgerLink } from '../kube/kinds.ts';
import { objectHeadOf, present } from './object-head.ts';

export function linkOf(link: LedgerLink): Link {
  const { metadata, spec, status } = link;
  return {
    ...objectHeadOf(link),
    namespace: metadata.namespace ?? '',
    from: spec.from,
    to: spec.to,
    ...present(status, 'lastSequence', 'inFlight', 'oldestPendingAgeMs'),
    paused: spec.paused === true,
    frozen: spec.frozen === true,
    drain: spec.drain === true,
    sides: present(status, 'from', 'to'),
  };
}
