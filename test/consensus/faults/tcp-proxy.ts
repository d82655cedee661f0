import { connect, createServer, type Server, type Socket } from 'node:net';
import type { SeededRandom } from '@civitas/testkit';

/** What a link does to the bytes that cross it. */
export interface LinkWeather {
  /** Bytes are neither read nor passed on, connections stay open: what a cut cable looks like from both ends. */
  readonly isCut: boolean;
  /** Added to every chunk, ms. */
  readonly delayMs: number;
  /** 0 … 1: the share of chunks in which one bit is flipped. */
  readonly corruptedShare: number;
  /** 0 … 1: the share of chunks after which the connection is reset. */
  readonly resetShare: number;
}

const SHARE_PARTS = 1_000_000;

export const CLEAR: LinkWeather = { isCut: false, delayMs: 0, corruptedShare: 0, resetShare: 0 };

/** A TCP link between two nodes whose weather a test changes while it runs. */
export class TcpProxy {
  readonly #server: Server;
  readonly #random: SeededRandom;
  readonly #sockets = new Set<Socket>();
  #weather = CLEAR;
  #onClear: (() => void)[] = [];
  /** How often each fault happened, so that a test can show that it was reached. */
  readonly counts = { connections: 0, corrupted: 0, delayed: 0, resets: 0, held: 0 };

  private constructor(server: Server, random: SeededRandom) {
    this.#server = server;
    this.#random = random;
  }

  static async listen(from: { host: string; port: number }, to: { host: string; port: number }, random: SeededRandom): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, random);
    server.on('connection', (socket) => proxy.#join(socket, connect(to.port, to.host)));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(from.port, from.host, resolve));
    return proxy;
  }

  /** Where it listens. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  set weather(weather: LinkWeather) {
    this.#weather = weather;
    if (weather.isCut) return;
    for (const resume of this.#onClear.splice(0)) resume();
  }

  #join(left: Socket, right: Socket): void {
    this.counts.connections += 1;
    const end = (): void => {
      left.destroy();
      right.destroy();
    };
    for (const [from, to] of [
      [left, right],
      [right, left],
    ] as const) {
      this.#sockets.add(from);
      from.once('close', () => {
        this.#sockets.delete(from);
        end();
      });
      from.on('error', end);
      void this.#carry(from, to).catch(end);
    }
  }

  async #carry(from: Socket, to: Socket): Promise<void> {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (this.#weather.isCut) {
        this.counts.held += 1;
        await new Promise<void>((resolve) => this.#onClear.push(resolve));
      }
      const { delayMs } = this.#weather;
      if (delayMs > 0) {
        this.counts.delayed += 1;
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
      if (this.#happens(this.#weather.resetShare)) {
        this.counts.resets += 1;
        from.resetAndDestroy();
        return;
      }
      if (!to.write(this.#corrupted(chunk))) await new Promise((resolve) => to.once('drain', resolve).once('close', resolve));
    }
    to.end();
  }

  #happens(share: number): boolean {
    return share > 0 && this.#random.nextInt(SHARE_PARTS) < share * SHARE_PARTS;
  }

  #corrupted(chunk: Buffer): Buffer {
    if (!this.#happens(this.#weather.corruptedShare)) return chunk;
    this.counts.corrupted += 1;
    const flipped = Buffer.from(chunk);
    const at = this.#random.nextInt(flipped.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << this.#random.nextInt(8));
    return flipped;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.weather = CLEAR;
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
