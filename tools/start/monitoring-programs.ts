import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Where Prometheus and Alertmanager are. */
export interface MonitoringPrograms {
  readonly prometheus: string;
  readonly alertmanager: string;
}

/** Debian calls it prometheus-alertmanager, its own releases alertmanager. */
const NAMES = { prometheus: ['prometheus'], alertmanager: ['prometheus-alertmanager', 'alertmanager'] } as const;

/** Both programs on a PATH, or the names of those that are missing. */
export function findMonitoringPrograms(path = process.env['PATH'] ?? ''): MonitoringPrograms | { readonly missing: readonly string[] } {
  const [prometheus, alertmanager] = [NAMES.prometheus, NAMES.alertmanager].map((names) => findProgram(names, path));
  if (prometheus !== undefined && alertmanager !== undefined) return { prometheus, alertmanager };
  return {
    missing: [...(prometheus === undefined ? ['prometheus'] : []), ...(alertmanager === undefined ? ['prometheus-alertmanager'] : [])],
  };
}

function findProgram(names: readonly string[], path: string): string | undefined {
  return path
    .split(':')
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((candidate) => {
      try {
        accessSync(candidate, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
