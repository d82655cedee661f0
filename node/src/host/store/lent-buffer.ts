/** One buffer for what is made and used up again and again; it grows to the most that was asked for. */
export class LentBuffer {
  #bytes = Buffer.alloc(0);

  /** At least so many bytes, lent until the next call; what they hold is whatever was there. */
  room(bytes: number): Buffer {
    if (this.#bytes.length < bytes) this.#bytes = Buffer.alloc(bytes);
    return this.#bytes;
  }
}
