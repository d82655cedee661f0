import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Bytes, base64urlEncode } from '@civitas/canon';

/** What the engine's own packages are asked; light blocks and blocks as encoded messages. */
export type Question =
  | { readonly check: 'commit'; readonly chainId: string; readonly next: Bytes }
  | { readonly check: 'adjacent'; readonly chainId: string; readonly trusted: Bytes; readonly next: Bytes; readonly nowUnixMs: number }
  | {
      readonly check: 'skipping';
      readonly chainId: string;
      readonly trusted: Bytes;
      readonly trustedNext: Bytes;
      readonly next: Bytes;
      readonly nowUnixMs: number;
    }
  | { readonly check: 'block'; readonly chainId: string; readonly trusted?: Bytes; readonly next: Bytes; readonly block: Bytes }
  | {
      readonly check: 'client';
      readonly chainId: string;
      readonly lightBlocks: readonly Bytes[];
      readonly sequential: boolean;
      readonly nowUnixMs: number;
    };

export interface Lightcheck {
  /** Resolves with '' when accepted, else with why not. Answers come in the order of the questions. */
  ask(question: Question): Promise<string>;
  stop(): Promise<void>;
}

function lineOf(question: Question): string {
  const encoded = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return base64urlEncode(value);
    return Array.isArray(value) ? value.map(encoded) : value;
  };
  return `${JSON.stringify(Object.fromEntries(Object.entries(question).map(([name, value]) => [name, encoded(value)])))}\n`;
}

function errorOf(line: string): string {
  const answer: unknown = JSON.parse(line);
  if (typeof answer === 'object' && answer !== null && 'error' in answer && typeof answer.error === 'string') return answer.error;
  throw new Error(`lightcheck answered ${line}`);
}

/** Starts the program that judges with CometBFT's packages (tools/engine/lightcheck). */
export function startLightcheck(program: string): Lightcheck {
  const child = spawn(program, ['serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: { resolve: (error: string) => void; reject: (cause: unknown) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const next = waiting.shift();
    try {
      next?.resolve(errorOf(line));
    } catch (error) {
      next?.reject(error);
    }
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', (code) => {
      for (const { reject } of waiting.splice(0)) reject(new Error(`lightcheck ended with ${code}`));
      resolve();
    });
  });
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(lineOf(question));
      }),
    stop: () => {
      child.stdin.end();
      return ended;
    },
  };
}
