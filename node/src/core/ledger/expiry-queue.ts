/** Something that ends at a moment. */
export interface Expiring {
  readonly lastExpiryUnixMs: number;
}

/** What expires first comes out first, whatever the order it came in: a binary heap. */
export class ExpiryQueue<T extends Expiring> {
  readonly #heap: T[] = [];

  add(item: T): void {
    let at = this.#heap.length;
    this.#heap.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.#expiryAt(above) <= item.lastExpiryUnixMs) break;
      this.#put(at, above);
      at = above;
    }
    this.#heap[at] = item;
  }

  /** Takes out all that has expired by a moment. */
  takeExpired(timeUnixMs: number): T[] {
    const expired: T[] = [];
    for (let [first] = this.#heap; first !== undefined && first.lastExpiryUnixMs <= timeUnixMs; [first] = this.#heap) {
      expired.push(first);
      this.#dropFirst();
    }
    return expired;
  }

  #dropFirst(): void {
    const last = this.#heap.pop();
    const count = this.#heap.length;
    if (last === undefined || count === 0) return;
    let at = 0;
    for (let below = 1; below < count; below = 2 * at + 1) {
      if (below + 1 < count && this.#expiryAt(below + 1) < this.#expiryAt(below)) below += 1;
      if (last.lastExpiryUnixMs <= this.#expiryAt(below)) break;
      this.#put(at, below);
      at = below;
    }
    this.#heap[at] = last;
  }

  #put(at: number, from: number): void {
    const item = this.#heap[from];
    if (item !== undefined) this.#heap[at] = item;
  }

  #expiryAt(at: number): number {
    return this.#heap[at]?.lastExpiryUnixMs ?? Number.POSITIVE_INFINITY;
  }
}
