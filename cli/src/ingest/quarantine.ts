import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { JsonObject } from '@civitas/canon';

/** One thing that did not go in: where it stands, why, and never what it says. */
export interface Quarantined {
  readonly file: string;
  /** Entry and pointer, JSON offset, or line and column. */
  readonly position: string;
  /** Machine-readable: JSON_BROKEN, FIELD_MISSING, STATE … */
  readonly reason: string;
  readonly message: string;
  readonly facts?: JsonObject;
}

export interface Quarantine {
  readonly path: string;
  readonly count: number;
  add(item: Quarantined): void;
  /** The first ones, for the screen. */
  readonly first: readonly Quarantined[];
}

const FIRST_MAX = 10;

/** Collects into a JSON-lines file that appears with its first item. */
export function createQuarantine(path: string): Quarantine {
  const first: Quarantined[] = [];
  let count = 0;
  return {
    path,
    first,
    get count() {
      return count;
    },
    add(item) {
      if (count === 0) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      appendFileSync(path, `${JSON.stringify(item)}\n`, { mode: 0o600 });
      if (first.length < FIRST_MAX) first.push(item);
      count += 1;
    },
  };
}
