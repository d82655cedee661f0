import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FORWARD = fileURLToPath(new URL('./forward-port.ts', import.meta.url));

/** Hosts are on the first; a split moves some to the second. */
const BRIDGES = ['bridge', 'other-bridge'] as const;

function ip(...args: readonly string[]): void {
  execFileSync('ip', [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Whether this user may make network namespaces here; the reason why not otherwise. */
export function whyNoNamespaces(): string | undefined {
  const name = `civ-probe-${randomBytes(3).toString('hex')}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return undefined;
  } catch (error) {
    return `network namespaces cannot be made: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
  }
}

/** A host of its own for each node, on one bridge (or two, when split) in a namespace of its own; nothing of the machine's network is touched. */
export class NetworkNamespaces {
  readonly #prefix = `civ-${randomBytes(3).toString('hex')}`;
  readonly #count: number;
  readonly #forwarders: ChildProcess[] = [];
  readonly #doors: Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(count: number) {
    this.#count = count;
    ip('netns', 'add', this.#hub());
    for (const bridge of BRIDGES) {
      this.#inside(this.#hub(), 'ip', 'link', 'add', bridge, 'type', 'bridge');
      this.#inside(this.#hub(), 'ip', 'link', 'set', bridge, 'up');
    }
    for (let index = 0; index < count; index += 1) this.#addHost(index);
  }

  #hub(): string {
    return `${this.#prefix}-hub`;
  }

  nameOf(index: number): string {
    return `${this.#prefix}-${index}`;
  }

  /** The node's address, which only the other hosts of this bridge reach. */
  addressOf(index: number): string {
    return `10.231.0.${index + 1}`;
  }

  /** Puts a command into a host. */
  wrap(index: number, command: readonly string[]): readonly string[] {
    return ['ip', 'netns', 'exec', this.nameOf(index), ...command];
  }

  #inside(name: string, ...command: readonly string[]): void {
    ip('netns', 'exec', name, ...command);
  }

  #addHost(index: number): void {
    const [name, cable] = [this.nameOf(index), `cable${index}`];
    ip('netns', 'add', name);
    this.#inside(this.#hub(), 'ip', 'link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    this.#inside(this.#hub(), 'ip', 'link', 'set', cable, 'master', BRIDGES[0], 'up');
    this.#inside(name, 'ip', 'address', 'add', `${this.addressOf(index)}/24`, 'dev', 'eth0');
    this.#inside(name, 'ip', 'link', 'set', 'eth0', 'up');
    this.#inside(name, 'ip', 'link', 'set', 'lo', 'up');
  }

  /** Pulls the cable of a host, as a broken switch port does: nobody is told. */
  cut(index: number): void {
    this.#inside(this.#hub(), 'ip', 'link', 'set', `cable${index}`, 'down');
  }

  heal(index: number): void {
    this.#inside(this.#hub(), 'ip', 'link', 'set', `cable${index}`, 'up');
  }

  /** Parts the network in two: these hosts reach each other and no other. */
  split(indexes: readonly number[]): void {
    for (let index = 0; index < this.#count; index += 1)
      this.#inside(this.#hub(), 'ip', 'link', 'set', `cable${index}`, 'master', BRIDGES[indexes.includes(index) ? 1 : 0]);
  }

  /**
   * Makes ports of a host reachable at a loopback address of the test's own host, through unix sockets that belong to neither network:
   * whoever asks there still gets an answer when the cable is pulled.
   */
  async forward(index: number, ports: readonly number[], at: { readonly host: string; readonly folder: string }): Promise<void> {
    const doors = ports.map((port) => ({ port, socketPath: join(at.folder, `${index}-${port}.sock`) }));
    const [program = '', ...rest] = this.wrap(index, [
      process.execPath,
      FORWARD,
      ...doors.flatMap(({ port, socketPath }) => [socketPath, this.addressOf(index), String(port)]),
    ]);
    this.#forwarders.push(spawn(program, rest, { stdio: 'ignore' }));
    for (const { port, socketPath } of doors) {
      const door = createServer((near) => {
        const far = connect(socketPath);
        for (const socket of [near, far]) {
          this.#sockets.add(socket);
          socket.on('error', () => [near, far].forEach((end) => end.destroy()));
          socket.once('close', () => this.#sockets.delete(socket));
        }
        near.pipe(far).pipe(near);
      });
      await new Promise<void>((resolve, reject) => door.once('error', reject).listen(port, at.host, resolve));
      this.#doors.push(door);
    }
  }

  close(): void {
    for (const forwarder of this.#forwarders) forwarder.kill('SIGKILL');
    for (const socket of this.#sockets) socket.destroy();
    for (const door of this.#doors) door.close();
    for (let index = 0; index < this.#count; index += 1) ip('netns', 'del', this.nameOf(index));
    ip('netns', 'del', this.#hub());
  }
}
