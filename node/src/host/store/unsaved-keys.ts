import sortedBtree from 'sorted-btree';
import { runSteps } from '../../core/steps.ts';
import { ENCODED_AT_ONCE } from './limits.ts';

// A CommonJS package: its default export is a property of what Node imports.
const { default: BTree } = sortedBtree;

/** Order of names; the library's own comparison first finds out what it compares. */
export function compareNames(left: string, right: string): number {
  return left < right ? -1 : left === right ? 0 : 1;
}

/** Numbers of records by name, in the order of names. */
type KeyTree = InstanceType<typeof BTree<string, number>>;

/** Names are the bytes of keys, each as one character: comparing them is the processor's work, and gives the order of the bytes. */
export type NameNumber = readonly [name: string, number: number];

const NO_KEYS: ReadonlySet<string> = new Set();

/** What a block does to the keys of the state, by name. */
interface ChangedKeys {
  readonly added: ReadonlyMap<string, number>;
  readonly deleted: readonly string[];
  /** The first number that the block may have given. */
  readonly firstNumber: number;
}

interface Staged {
  readonly height: number;
  readonly added: ReadonlyMap<string, number>;
  readonly gone: readonly string[];
}

/** What a block has to write of the keys that came by blocks before it. */
export interface SavedKeys {
  readonly saved: readonly NameNumber[];
  /** The keys of all records with a number below this are on the disk then. */
  readonly savedBelow: number;
}

/**
 * Keys that the disk's index does not hold yet. It is kept in the order of keys, and new keys have any place in it: written with their block
 * each would cost a page. So they wait here until there are enough of them, and leave in their order, so that many share a page.
 *
 * A block is staged while its transaction is under way and settled once that is durable: until then readers see the keys as they were.
 */
export class UnsavedKeys {
  readonly #keptMax: number;
  readonly #keys: KeyTree = new BTree<string, number>(undefined, compareNames);
  /** The same without order: most of what is asked for is one name, which the tree takes ten times as long to find. */
  readonly #numbers = new Map<string, number>();
  /** What came and went since the tree was asked last, the oldest first; undefined where a key went. Begun ones go on where they are. */
  readonly #changes: Iterator<readonly [name: string, number: number | undefined]>[] = [];
  /** The last key of this round that was saved; the next is the first after it. */
  #cursor: string | undefined;
  /** Numbers below this had their keys here, or on the disk, when the round began: with its end all are on the disk. */
  #roundFrom: number;
  #savedBelow: number;
  #staged: Staged | undefined;
  /** Keys that the last block added, count. */
  #lastAdded = 0;
  #ahead: readonly NameNumber[] = [];

  /**
   * @param keptMax keys that wait, count; a block may add its own to them.
   * @param nextNumber the first number that no record has.
   */
  constructor(keptMax: number, savedBelow: number, nextNumber: number) {
    this.#keptMax = keptMax;
    this.#savedBelow = savedBelow;
    this.#roundFrom = nextNumber;
  }

  has(name: string): boolean {
    return this.#numbers.has(name);
  }

  get(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** From a name on, itself included, in order. */
  from(name: string): IterableIterator<[string, number]> {
    return this.#arranged.entries(name);
  }

  /** The last before a name. */
  before(name: string): NameNumber | undefined {
    return this.#arranged.nextLowerPair(name);
  }

  /** All as they are now, in order, whatever blocks come. */
  copy(): () => IterableIterator<[string, number]> {
    const keys = this.#arranged.clone();
    return () => keys.entries();
  }

  /** Takes keys that the disk's index does not hold; they must not be changed any more. */
  take(keys: ReadonlyMap<string, number>): void {
    this.#changes.push(keys.entries());
    keys.forEach((number, name) => this.#numbers.set(name, number));
  }

  #forget(names: readonly string[]): void {
    this.#changes.push(names.map((name) => [name, undefined] as const).values());
    for (const name of names) this.#numbers.delete(name);
  }

  /** Gives what came and went its place in the order, which whoever asks for the order has to do otherwise. */
  *arrangeInSteps(): Generator<void> {
    let count = 0;
    for (let change = this.#nextChange(); change !== undefined; change = this.#nextChange()) {
      const [name, number] = change;
      if (number === undefined) this.#keys.delete(name);
      else this.#keys.set(name, number);
      if (++count % ENCODED_AT_ONCE === 0) yield;
    }
  }

  #nextChange(): readonly [name: string, number: number | undefined] | undefined {
    for (let [changes] = this.#changes; changes !== undefined; [changes] = this.#changes) {
      const next = changes.next();
      if (next.done !== true) return next.value;
      this.#changes.shift();
    }
    return undefined;
  }

  get #arranged(): KeyTree {
    runSteps(this.arrangeInSteps());
    return this.#keys;
  }

  /** Takes what a block does, to be settled later, and says which keys that came before it go to the disk with it. */
  stage(height: number, { added, deleted, firstNumber }: ChangedKeys): SavedKeys {
    const gone = new Set(deleted.filter((name) => this.#numbers.has(name)));
    const waiting = this.#numbers.size - gone.size;
    const excess = Math.min(waiting, waiting + added.size - this.#keptMax);
    const saved = excess > 0 ? this.#next(excess, gone, firstNumber) : [];
    this.#lastAdded = added.size;
    this.#staged = { height, added, gone: [...gone, ...saved.map(([name]) => name)] };
    return { saved, savedBelow: this.#savedBelow };
  }

  /** What a block would have to save that adds as many as the last, count. */
  get aheadCount(): number {
    return Math.max(0, Math.min(this.#numbers.size, this.#numbers.size + this.#lastAdded - this.#keptMax));
  }

  /** Says which keys go to the disk before the next block. @param nextNumber the first number that no record has. */
  stageAhead(countMax: number, nextNumber: number): SavedKeys {
    this.#ahead = this.#next(Math.min(countMax, this.aheadCount), NO_KEYS, nextNumber);
    return { saved: this.#ahead, savedBelow: this.#savedBelow };
  }

  /** The keys of `stageAhead` are on the disk. */
  settleAhead(): void {
    this.#forget(this.#ahead.map(([name]) => name));
    this.#ahead = [];
  }

  #next(count: number, gone: ReadonlySet<string>, firstNumber: number): NameNumber[] {
    const saved: NameNumber[] = [];
    // No more are asked for than wait, so the second turn, from the first key on, meets none that the first has met.
    while (saved.length < count) {
      const from = this.#cursor;
      for (const pair of this.#arranged.entries(from)) {
        if (saved.length === count) return saved;
        const [name] = pair;
        if (name === from || gone.has(name)) continue;
        saved.push(pair);
        this.#cursor = name;
      }
      this.#endRound(firstNumber);
    }
    return saved;
  }

  /** Whatever waited when the round began has been met by it. What the block itself adds is met by the one after the next. */
  #endRound(firstNumber: number): void {
    this.#savedBelow = this.#roundFrom;
    this.#roundFrom = firstNumber;
    this.#cursor = undefined;
  }

  /** The store is durable up to a height: if that is the staged block's, its keys are the newest from now on. */
  settle(height: number): void {
    const staged = this.#staged;
    if (staged === undefined || height < staged.height) return;
    this.#staged = undefined;
    this.#forget(staged.gone);
    this.take(staged.added);
  }
}
