/** One buffer for what is made and used up again and again; it grows to the most that was asked for. */
export class LentBuffer {
  #bytes = Buffer.alloc(0);

  /** At least so many bytes, lent until the next call; what they hold is whatever was there. */
  room(bytes: number): Buffer {
    if (this.#bytes.length < bytes) this.#bytes = Buffer.alloc(bytes);
    return this.#bytes;
  }

  /** A copy of the first bytes, lent as well. */
  filled(from: Buffer, bytes: number): Buffer {
    const room = this.room(bytes);
    from.copy(room, 0, 0, bytes);
    return room.subarray(0, bytes);
  }
}
