import { type Instruments, type MetricsRegistry, nodeMetrics, type Tracing } from '@civitas/telemetry';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { traceBlock } from './trace-block.ts';

const CLIENT_STATUSES = nodeMetrics.linkClientStatus.labels.status;
const SNAPSHOT_RESULTS = ['taken', 'skipped', 'no-room', 'failed'] as const;

/** Keeps a node's metrics and traces true: counters and histograms follow commits, gauges are read from state at each scrape. */
export function followLedger(
  ledger: LedgerHost,
  metrics: Instruments<typeof nodeMetrics>,
  { registry, tracing, nowUnixMs }: { readonly registry: MetricsRegistry; readonly tracing: Tracing; readonly nowUnixMs: () => number },
): () => void {
  const { chainId } = ledger.status();
  let counted = { hits: 0, misses: 0 };
  let snapshotsCounted = ledger.snapshots.counts();
  let previousTimeUnixMs = ledger.status().timeUnixMs;
  registry.beforeScrape(() => {
    const status = ledger.status();
    metrics.height.set({}, status.height);
    metrics.blockTime.set({}, status.timeUnixMs / 1000);
    metrics.storeBytes.set({}, status.storeBytes);
    const { hits, misses, cachedBytes } = status.statePages;
    metrics.statePageReads.inc({ result: 'hit' }, hits - counted.hits);
    metrics.statePageReads.inc({ result: 'miss' }, misses - counted.misses);
    metrics.statePageBytes.set({}, cachedBytes);
    counted = status.statePages;
    metrics.validators.set({}, status.validatorCount);
    metrics.peers.set({}, status.peerCount);
    metrics.signing.set({}, status.signing ? 1 : 0);
    const { inSet, removed, unknown } = ledger.validators.misbehaviourCounts();
    metrics.validatorMisbehaviours.set({ standing: 'in-set' }, inSet);
    metrics.validatorMisbehaviours.set({ standing: 'removed' }, removed);
    metrics.validatorMisbehaviours.set({ standing: 'unknown' }, unknown);
    metrics.engineHalted.set({}, status.halted ? 1 : 0);
    metrics.engineRound.set({}, status.engineRound);
    metrics.protocolVersion.set({}, status.protocol.version);
    metrics.awaitingUpgrade.set({}, status.awaiting === 'upgrade' ? 1 : 0);
    const snapshots = ledger.snapshots.counts();
    for (const result of SNAPSHOT_RESULTS) metrics.snapshots.inc({ result }, snapshots[result] - snapshotsCounted[result]);
    snapshotsCounted = snapshots;
    metrics.snapshotHeight.set({}, ledger.snapshots.heights()[0] ?? 0);
    metrics.unwell.set({}, status.unwell === '' ? 0 : 1);
    metrics.caughtUp.set({}, status.caughtUp ? 1 : 0);
    for (const peer of ledger.links.peers()) {
      const label = { peer: peer.chainId };
      metrics.linkInFlight.set(label, peer.inFlight);
      const ageMs = peer.oldestSentAtUnixMs === 0 ? 0 : Math.max(0, status.timeUnixMs - peer.oldestSentAtUnixMs);
      metrics.linkOldestAge.set(label, ageMs / 1000);
      metrics.linkClientHeight.set(label, peer.clientHeight);
      metrics.linkClientAge.set(label, Math.max(0, status.timeUnixMs - peer.clientTimeUnixMs) / 1000);
      for (const one of CLIENT_STATUSES) metrics.linkClientStatus.set({ ...label, status: one }, peer.status === one ? 1 : 0);
    }
  });
  return ledger.onCommit((block) => {
    metrics.commitSeconds.observe({ step: 'execute' }, block.seconds.execute);
    metrics.commitSeconds.observe({ step: 'persist' }, block.seconds.persist);
    metrics.commitSeconds.observe({ step: 'total' }, block.seconds.total);
    metrics.clockOffset.set({}, (nowUnixMs() - block.timeUnixMs) / 1000);
    metrics.blockBytes.observe({}, block.blockBytes);
    if (previousTimeUnixMs > 0) metrics.blockInterval.observe({}, Math.max(0, block.timeUnixMs - previousTimeUnixMs) / 1000);
    previousTimeUnixMs = block.timeUnixMs;
    metrics.operations.inc({ result: 'ok' }, block.successCount);
    metrics.operations.inc({ result: 'refused' }, block.operationCount - block.successCount);
    traceBlock(tracing, chainId, block, nowUnixMs());
  });
}
