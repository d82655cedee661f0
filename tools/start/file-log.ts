import { closeSync, openSync, writeSync } from 'node:fs';
import type { Log } from '@civitas/kube';
import { openLogger, sentenceLogOf } from '@civitas/telemetry';

/** Log of the root process (API server and kubelet): one JSON object a line in a file of the home folder. */
export interface FileLog extends Log {
  close(): void;
}

export function createFileLog(path: string): FileLog {
  const file = openSync(path, 'a', 0o600);
  let open = true;
  const logger = openLogger({ component: 'cluster' }, 'info', (line) => {
    if (open) writeSync(file, line);
  });
  return {
    ...sentenceLogOf(logger),
    close() {
      open = false;
      closeSync(file);
    },
  };
}
