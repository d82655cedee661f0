import type { AuditEntry } from '@civitas/console-contract';
import type { AuditLog } from '../audit/audit-log.ts';
import { CASES_KNOWN_MAX } from './limits.ts';

/** A case that somebody has done something about in this console. */
export interface KnownCase {
  readonly network: string;
  readonly id: string;
  /** When they last did; RFC 3339. */
  readonly movedAt: string;
}

const CASE_ACTIONS: ReadonlySet<string> = new Set(['submitCase', 'takeCaseStep']);

const isMove = ({ action, stage }: AuditEntry): boolean => stage === 'done' && CASE_ACTIONS.has(action);

/** Cases that the audit log tells of, so that a restart forgets none; those that are over are forgotten. */
export class KnownCases {
  readonly #audit: Pick<AuditLog, 'list'>;
  /** By network and id, oldest first. */
  readonly #cases = new Map<string, KnownCase>();
  #readUpTo = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(audit: Pick<AuditLog, 'list'>) {
    this.#audit = audit;
  }

  /** Newest first. */
  async list(): Promise<readonly KnownCase[]> {
    // One reading after the other; one that failed is tried again by the next.
    this.#reading = this.#reading.catch(() => undefined).then(() => this.#readOn());
    await this.#reading;
    return [...this.#cases.values()].reverse();
  }

  /** Nothing more is to come in it; somebody who does something about it all the same brings it back. */
  forget({ network, id }: Pick<KnownCase, 'network' | 'id'>): void {
    this.#cases.delete(`${network}/${id}`);
  }

  async #readOn(): Promise<void> {
    let readUpTo = this.#readUpTo;
    const wanted = (entry: AuditEntry): boolean => {
      readUpTo = Math.max(readUpTo, entry.sequence);
      return isMove(entry);
    };
    const moves = await this.#audit.list({ before: 0, after: this.#readUpTo, limit: Number.MAX_SAFE_INTEGER, wanted });
    this.#readUpTo = readUpTo;
    for (const { resource, at } of [...moves].reverse()) {
      const [, network = '', id = ''] = resource.split('/');
      const key = `${network}/${id}`;
      this.#cases.delete(key);
      this.#cases.set(key, { network, id, movedAt: at });
      const [oldest] = this.#cases.keys();
      if (this.#cases.size > CASES_KNOWN_MAX && oldest !== undefined) this.#cases.delete(oldest);
    }
  }
}
