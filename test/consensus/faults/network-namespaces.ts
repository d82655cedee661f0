import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const FORWARD = fileURLToPath(new URL('./forward-port.ts', import.meta.url));

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

/** A host of its own for each node, on one bridge in a namespace of its own; nothing of the machine's network is touched. */
export class NetworkNamespaces {
  readonly #prefix = `civ-${randomBytes(3).toString('hex')}`;
  readonly #count: number;
  readonly #forwarders: ChildProcess[] = [];

  constructor(count: number) {
    this.#count = count;
    ip('netns', 'add', this.#hub());
    this.#inside(this.#hub(), 'ip', 'link', 'add', 'bridge', 'type', 'bridge');
    this.#inside(this.#hub(), 'ip', 'link', 'set', 'bridge', 'up');
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
    this.#inside(this.#hub(), 'ip', 'link', 'set', cable, 'master', 'bridge', 'up');
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

  /** Makes a port of a host reachable at a loopback address of the test's own host, through a unix socket that belongs to neither network. */
  forward(index: number, port: number, at: { readonly host: string; readonly socketPath: string }): void {
    const inner = ['--listen-unix', at.socketPath, '--to', `${this.addressOf(index)}:${port}`];
    const outer = ['--listen', `${at.host}:${port}`, '--to-unix', at.socketPath];
    const [program = '', ...rest] = this.wrap(index, [process.execPath, FORWARD, ...inner]);
    this.#forwarders.push(spawn(program, rest, { stdio: 'ignore' }));
    this.#forwarders.push(spawn(process.execPath, [FORWARD, ...outer], { stdio: 'ignore' }));
  }

  close(): void {
    for (const forwarder of this.#forwarders) forwarder.kill('SIGKILL');
    for (let index = 0; index < this.#count; index += 1) ip('netns', 'del', this.nameOf(index));
    ip('netns', 'del', this.#hub());
  }
}
