import { canonicalString, type JsonObject } from '@civitas/canon';

type Version = { readonly height: number; readonly text: string | undefined };

/** Records of one test ledger with every version they had, so that a fake proof can speak of any height. */
export class LedgerState {
  private readonly versions = new Map<string, Version[]>();

  /** Canonical text of a record at a height, or now. */
  find(key: string, height = Number.MAX_SAFE_INTEGER): JsonObject | undefined {
    const text = this.versions.get(key)?.findLast((one) => one.height <= height)?.text;
    return text === undefined ? undefined : (JSON.parse(text) as JsonObject);
  }

  put(key: string, record: JsonObject | undefined, height: number): void {
    const versions = this.versions.get(key) ?? [];
    versions.push({ height, text: record === undefined ? undefined : canonicalString(record) });
    this.versions.set(key, versions);
  }

  keys(): readonly string[] {
    return [...this.versions.keys()].filter((key) => this.find(key) !== undefined).sort();
  }

  /** Everything that was ever written, for canary searches. */
  dump(): string {
    return JSON.stringify([...this.versions]);
  }
}

/** Writes of one operation, dropped when it is refused. */
export class Savepoint {
  private writes = new Map<string, JsonObject | undefined>();
  private readonly state: LedgerState;

  constructor(state: LedgerState) {
    this.state = state;
  }

  find(key: string): JsonObject | undefined {
    return this.writes.has(key) ? this.writes.get(key) : this.state.find(key);
  }

  put(key: string, record: JsonObject | undefined): void {
    this.writes.set(key, record);
  }

  keys(prefix: string): readonly string[] {
    const keys = new Set([...this.state.keys(), ...this.writes.keys()].filter((key) => key.startsWith(prefix)));
    return [...keys].filter((key) => this.find(key) !== undefined).sort();
  }

  mark(): ReadonlyMap<string, JsonObject | undefined> {
    return new Map(this.writes);
  }

  rollBack(mark: ReadonlyMap<string, JsonObject | undefined>): void {
    this.writes = new Map(mark);
  }

  commit(height: number): void {
    for (const [key, record] of this.writes) this.state.put(key, record, height);
  }
}
