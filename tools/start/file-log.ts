import { closeSync, openSync, writeSync } from 'node:fs';
import type { Log } from '@civitas/kube';

/** Log of the root process (API server and kubelet): one JSON object a line in a file of the home folder. */
export interface FileLog extends Log {
  close(): void;
}

export function createFileLog(path: string): FileLog {
  const file = openSync(path, 'a', 0o600);
  let open = true;
  const write = (level: string, facts: object, message: string): void => {
    if (open) writeSync(file, `${JSON.stringify({ time: new Date().toISOString(), level, msg: message, ...facts })}\n`);
  };
  return {
    debug: () => undefined,
    info: (facts, message) => write('info', facts, message),
    warn: (facts, message) => write('warn', facts, message),
    error: (facts, message) => write('error', facts, message),
    close() {
      open = false;
      closeSync(file);
    },
  };
}
