import type { Instruments, MetricsRegistry, nodeMetrics } from '@civitas/telemetry';
import { volumeOf } from '../serve/volume-of.ts';

/** Reads at each scrape how full the file system of a folder is, before there is a ledger on it too. */
export function followVolume(
  folder: string,
  metrics: Pick<Instruments<typeof nodeMetrics>, 'volumeBytes' | 'volumeFreeBytes'>,
  registry: MetricsRegistry,
): void {
  registry.beforeScrape(() => {
    const { volumeBytes, volumeFreeBytes } = volumeOf(folder);
    metrics.volumeBytes.set({}, Number(volumeBytes));
    metrics.volumeFreeBytes.set({}, Number(volumeFreeBytes));
  });
}
