import { type Static, Type } from '@sinclair/typebox';
import { closed, hash, oneOf, text, whole } from './shape.ts';

/** A block in one line. */
export const Block = closed({
  height: Type.Integer({ minimum: 1 }),
  timeUnixMs: whole('Header time.'),
  hash: hash('Header hash.'),
  appHash: text('State root before this block, hex.', 64),
  operationCount: whole('Operations in it.'),
  blockBytes: whole('Size.'),
});

/** An operation as its block holds it. */
export const Operation = closed({
  hash: hash('SHA-256 of its signed bytes.'),
  network: text('LedgerNetwork.', 63),
  height: whole('Block that holds it; 0 where the answer does not say.'),
  organisation: text('Organisation that signed it.', 64),
  role: text('Role it acts in.', 64),
  actor: text('Pseudonym of the person or device.', 128),
  contract: text('Contract with version.', 128),
  method: text('Method.', 64),
  args: Type.Unknown({ description: 'Its arguments.' }),
});

export const BlockDetail = closed({
  ...Block.properties,
  operations: Type.Array(Operation),
  lightBlock: text('Header, commit and validators, base64url of CometBFT’s encoding.', 262_144),
});

/** An operation with its receipt and what proves it. */
export const OperationDetail = closed({
  ...Operation.properties,
  outcome: oneOf(['applied', 'refused'], 'What became of it.'),
  code: text('Code of the refusal; empty when applied.', 64),
  receipt: Type.Unknown({ description: 'The receipt.' }),
  proof: text('Receipt proof, canonical JSON; empty where it cannot be given.', 262_144),
  lightBlock: text('Light block whose header carries the results, base64url.', 262_144),
});

/** What a search found, and where. */
export const SearchHit = closed({
  kind: oneOf(['block', 'operation', 'record', 'network', 'agency', 'link'], 'What it is.'),
  network: Type.Optional(text('LedgerNetwork.', 63)),
  id: text('Height, hash, key or name.', 256),
  title: text('One line.', 256),
});

/** One record of a ledger. */
export const LedgerRecord = closed({
  network: text('LedgerNetwork.', 63),
  key: text('Full key.', 256),
  value: Type.Unknown({ description: 'The record.' }),
  proof: text('State proof, canonical JSON.', 262_144),
  headerHeight: whole('Header whose app hash the proof is against.'),
  lightBlock: text('That header, base64url.', 262_144),
});

export type Block = Static<typeof Block>;
export type BlockDetail = Static<typeof BlockDetail>;
export type Operation = Static<typeof Operation>;
export type OperationDetail = Static<typeof OperationDetail>;
export type SearchHit = Static<typeof SearchHit>;
export type LedgerRecord = Static<typeof LedgerRecord>;
