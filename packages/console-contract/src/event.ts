import { type Static } from '@sinclair/typebox';
import { closed, oneOf, text } from './shape.ts';

export const EVENT_KINDS = [
  'LedgerNetwork',
  'LedgerLink',
  'LedgerNode',
  'Agency',
  'AgencyMembership',
  'ValidatorChange',
  'LedgerOperation',
  'LedgerHead',
  'LedgerRecords',
] as const;

/**
 * `LedgerHead`: a network has a newer block, `resourceVersion` is its height; empty when its gateway answers no more. `LedgerRecords`: what
 * its blocks up to that height hold has changed records.
 *
 * Data of an SSE message of `GET /events`: something changed; read it again. `event: change` carries one; `event: resync` carries `{}` and
 * says that messages were missed (a new start, a slow reader, an unknown `Last-Event-ID`): read everything shown again.
 */
export const ChangeEvent = closed({
  kind: oneOf(EVENT_KINDS, 'Kind.'),
  namespace: text('Namespace; empty for cluster-scoped kinds.', 63),
  name: text('Name.', 63),
  resourceVersion: text('Version.', 64),
});

export type ChangeEvent = Static<typeof ChangeEvent>;
