import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '@civitas/canon';
import type { EvidenceOperation, EvidenceRecord } from '../evidence/collect-evidence.ts';
import { EXIT } from '../exit-codes.ts';
import { Fault, Refused } from '../fault.ts';
import type { Random } from '../samples/random.ts';
import type { Parties } from '../sdk/parties.ts';
import type { Call } from '../sdk/sign-operation.ts';
import { explainLink } from './explain-link.ts';

/** Who does a step, and where. */
export interface Seat {
  readonly agency: string;
  readonly network: string;
}

/** One step of a case as it happened. */
export interface Step {
  readonly index: number;
  readonly title: string;
  readonly agency: string;
  readonly network: string;
  /** Block that holds it; 0 for vault calls and for what was not admitted. */
  readonly height: number;
  /** Operation hash, base64url; '' where none was submitted. */
  readonly hash: string;
  readonly outcome: 'done' | 'refused' | 'arrived' | 'private';
  /** Refusal code with its reason, or what arrived. */
  readonly detail: string;
  readonly tookMs: number;
}

export interface Awaited {
  readonly title: string;
  readonly seat: Seat;
  readonly key: string;
  /** The record as it is wanted. */
  readonly until: (record: JsonObject | undefined) => boolean;
  /** Networks a packet travels between, named when it does not come. */
  readonly link?: { readonly source: string; readonly destination: string };
  readonly timeoutMs?: number;
}

export interface CaseRunOptions {
  readonly parties: Parties;
  readonly random: Random;
  readonly onStep: (step: Step) => void;
  /** Account at the identity provider that the case's citizen signs in with; default none. */
  readonly account?: string | undefined;
}

const WAIT_MS = 30_000;
const POLL_FIRST_MS = 20;
const POLL_MAX_MS = 400;

function reasonOf(facts: JsonObject): string {
  return typeof facts['reason'] === 'string' ? ` ${facts['reason']}` : '';
}

/** Plays one case: submits as its parties, waits for what the links bring, and remembers which records prove it. */
export class CaseRun {
  readonly parties: Parties;
  readonly random: Random;
  readonly account: string | undefined;
  readonly steps: Step[] = [];
  /** What its parties did on the ledgers, in order, refused operations too. */
  readonly operations: EvidenceOperation[] = [];
  readonly #records = new Map<string, EvidenceRecord>();
  readonly #onStep: (step: Step) => void;

  constructor(options: CaseRunOptions) {
    this.parties = options.parties;
    this.random = options.random;
    this.account = options.account;
    this.#onStep = options.onStep;
  }

  /** Records to prove at the end, each once. */
  get records(): readonly EvidenceRecord[] {
    return [...this.#records.values()];
  }

  #note(step: Omit<Step, 'index'>): void {
    const numbered = { index: this.steps.length + 1, ...step };
    this.steps.push(numbered);
    this.#onStep(numbered);
  }

  /** Submits and answers the result. @throws Refused when the ledger says no. */
  async submit(title: string, seat: Seat, call: Call): Promise<JsonObject & { readonly height: number; readonly hash: string }> {
    const startedMs = Date.now();
    const ledger = this.parties.ledger(seat.agency, seat.network);
    const submitted = await ledger.submit(call);
    const { hash, height, body } = submitted;
    const frame = { title, ...seat, hash, height, tookMs: Date.now() - startedMs };
    if (height > 0) this.operations.push({ title, ledger, hash, body });
    if (!submitted.ok) {
      const { code, facts } = submitted.refusal;
      this.#note({ ...frame, outcome: 'refused', detail: `${code}${reasonOf(facts)}` });
      throw new Refused(`${title} (${seat.agency} at ${seat.network}, ${call.contract} ${call.method})`, submitted.refusal);
    }
    this.#note({ ...frame, outcome: 'done', detail: `${call.contract} ${call.method}` });
    return { ...(isJsonObject(submitted.result) ? submitted.result : {}), height, hash };
  }

  /** Submits what the ledger must refuse. @throws Fault BRANCH_UNEXPECTED when it accepts, or refuses for another reason. */
  async submitRefused(title: string, seat: Seat, call: Call, expected: { code: string; reason?: string }): Promise<void> {
    try {
      await this.submit(title, seat, call);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { code, facts } = error.refusal;
      if (code === expected.code && (expected.reason === undefined || facts['reason'] === expected.reason)) return;
      throw new Fault(
        'BRANCH_UNEXPECTED',
        `${title}: refused with ${code}${reasonOf(facts)}, expected ${expected.code} ${expected.reason ?? ''}`,
      );
    }
    throw new Fault('BRANCH_UNEXPECTED', `${title}: was accepted, expected the refusal ${expected.code} ${expected.reason ?? ''}`);
  }

  /** Notes a step that leaves no operation: a vault or registrar call. */
  async privately<T>(title: string, seat: Seat, work: () => Promise<T>): Promise<T> {
    const startedMs = Date.now();
    const result = await work();
    this.#note({ title, ...seat, height: 0, hash: '', outcome: 'private', detail: 'sealed call', tookMs: Date.now() - startedMs });
    return result;
  }

  /** Polls a record until it is as wanted. @throws Fault WAIT_TIMED_OUT that names the step of the link that hangs. */
  async waitFor(wanted: Awaited): Promise<JsonObject> {
    const { seat, key, title } = wanted;
    const ledger = this.parties.ledger(seat.agency, seat.network);
    const startedMs = Date.now();
    const endMs = startedMs + (wanted.timeoutMs ?? WAIT_MS);
    for (let pauseMs = POLL_FIRST_MS; ; pauseMs = Math.min(POLL_MAX_MS, pauseMs * 1.5)) {
      const { value } = await ledger.read(key);
      if (wanted.until(value)) {
        const height = Number((await ledger.info()).height);
        const status = typeof value?.['status'] === 'string' ? `status ${value['status']}` : 'is there';
        this.#note({ title, ...seat, height, hash: '', outcome: 'arrived', detail: status, tookMs: Date.now() - startedMs });
        return value ?? {};
      }
      if (Date.now() > endMs) throw await this.#late(wanted, value);
      await sleep(pauseMs, undefined, { signal: this.parties.signal });
    }
  }

  async #late({ title, seat, key, link, timeoutMs }: Awaited, value: JsonObject | undefined): Promise<Fault> {
    const now = value === undefined ? 'is not there' : `is ${JSON.stringify(value).slice(0, 300)}`;
    const why = link === undefined ? '' : ` ${await explainLink(this.parties, link)}`;
    const message = `${title}: ${key} at ${seat.network} ${now} after ${timeoutMs ?? WAIT_MS} ms.${why}`;
    return new Fault('WAIT_TIMED_OUT', message, { exitCode: EXIT.timedOut, facts: { key, network: seat.network } });
  }

  /** Names a record that belongs in the case's bundle; naming it again replaces its words. */
  keep(seat: Seat, record: Pick<EvidenceRecord, 'title' | 'statement' | 'key' | 'absent' | 'opening'>): void {
    this.#records.set(`${seat.network}\n${record.key}`, { ...record, ledger: this.parties.ledger(seat.agency, seat.network) });
  }
}

/** Reads a text field of a result. @throws Fault: the contract does not answer as FLOWS.md says. */
export function textIn(result: JsonObject | undefined, field: string): string {
  const value = result?.[field];
  if (typeof value === 'string') return value;
  throw new Fault('ANSWER_MALFORMED', `the ledger's answer has no '${field}'`);
}
