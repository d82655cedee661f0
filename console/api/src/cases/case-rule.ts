import type { Json, JsonObject } from '@civitas/canon';
import type { CaseField, CaseKind, CaseValues } from '@civitas/console-contract';
import type { StepDesk } from './step-desk.ts';

/** Records of a case as far as they are known, by stage; and what its lists say, by list. */
export type Records = Readonly<Record<string, JsonObject | undefined>>;

/** What somebody typed in, by field. */
export type Values = CaseValues['values'];

/** What the console knows itself when a step is taken. */
export interface Known {
  readonly id: string;
  readonly nowUnixMs: number;
  /** 16 bytes of base64url that the wish makes again. */
  readonly eventId: string;
  readonly records: Records;
  /** What the lookups before an operation have found. */
  readonly found: JsonObject;
}

/** Something typed in that no ledger gets. */
export type PrivateInput = Pick<CaseField, 'name' | 'kind' | 'pattern' | 'choices'>;

/** A private value: what is typed in, what the vault keeps of it, and what the ledger gets in its place. */
export interface PrivateField {
  /** Argument of the contract. */
  readonly field: string;
  readonly standIn: 'commitment' | 'pseudonym' | 'nullifier';
  readonly inputs: readonly PrivateInput[];
  readonly valueOf: (values: Values) => Json;
}

/** An operation of one contract, as a person of an agency does it. */
export interface CaseOperation {
  readonly contract: string;
  readonly method: string;
  /** Role of the agency on the operation's ledger. */
  readonly role: string;
  /** Domain of its ledger; undefined for the ledger of the case. */
  readonly domain?: string;
  /** Arguments that nobody types in. */
  readonly fixed: (known: Known) => JsonObject;
  readonly privateValues?: {
    readonly subjectField: string;
    readonly collection: string;
    /** Argument that takes the vault's reference. */
    readonly referenceField?: string;
    readonly fields: readonly PrivateField[];
  };
  /** Fields in fen; times end in UnixMs by themselves. */
  readonly money?: readonly string[];
  /** Fields that choose among what the records say. */
  readonly choices?: Readonly<Record<string, (records: Records) => readonly string[]>>;
  /** What was done before is not done again. */
  readonly isDone?: (known: Known) => boolean;
}

/** Something to find out, at a gateway, before an operation can be made. */
export interface Lookup {
  /** What is typed in for it and stands in no contract. */
  readonly inputs: readonly PrivateInput[];
  /** Something of the form of what it finds: with it a form is checked before anything is done. */
  readonly stands: JsonObject;
  /** @throws ProblemError when it cannot be found. */
  readonly find: (desk: StepDesk, known: Known, values: Values) => Promise<JsonObject>;
}

/** What a step does before its own operation, in order; each may be done again when one after it failed. */
export type Move = { readonly lookup: Lookup } | { readonly operation: CaseOperation };

/** One thing that people do to a case. */
export interface CaseStep extends CaseOperation {
  readonly name: string;
  readonly before?: readonly Move[];
  /** Whether it may be done now. */
  readonly isOffered: (records: Records) => boolean;
  /** False for what ends or refuses: a case in which nothing else can be done waits for somebody else. Default true. */
  readonly carriesOn?: false;
}

/** What a case begins with. */
export interface CaseOpening extends CaseStep {
  /** Collection whose records the contract names by itself; undefined where the console names the case. */
  readonly makes?: string;
}

/** One record that a case has or will have. */
export interface CaseStageRule {
  readonly name: string;
  /** Domain of the ledger that holds it. */
  readonly domain: string;
  /** Full key; undefined while it cannot be known. */
  readonly keyOf: (id: string, records: Records) => string | undefined;
}

/** What a contract lists for the agency on the ledger of the case, and steps choose from. */
export interface CaseListRule {
  readonly name: string;
  readonly contract: string;
  readonly view: string;
}

/** A case: the records that it consists of, in order, and what people do to it. */
export interface CaseRule {
  readonly kind: CaseKind;
  /** Domain of the ledger it begins on. */
  readonly domain: string;
  readonly opening: CaseOpening;
  readonly steps: readonly CaseStep[];
  readonly stages: readonly CaseStageRule[];
  readonly lists?: readonly CaseListRule[];
  /** Status in one word. */
  readonly statusOf: (records: Records) => string;
  readonly isFinal: (records: Records) => boolean;
}

/** A field of text, '' for what is not there. */
export function textOf(record: JsonObject | undefined, field: string): string {
  const value = record?.[field];
  return typeof value === 'string' ? value : '';
}

/** A private value that is typed in as it is kept. */
export function privateText(field: string, standIn: PrivateField['standIn'], input = field): PrivateField {
  return { field, standIn, inputs: [{ name: input, kind: 'text' }], valueOf: (values) => values[input] ?? '' };
}

const DIGEST = '^[0-9a-f]{64}$';

/** SHA-256 in hex of what stays elsewhere, kept as `{sha256}` behind a commitment. */
export function privateDigest(field: string): PrivateField {
  const input = { name: field, kind: 'digest', pattern: DIGEST } as const;
  return { field, standIn: 'commitment', inputs: [input], valueOf: (values) => ({ sha256: values[field] ?? '' }) };
}
