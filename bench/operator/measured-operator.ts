/** The operator as its main program runs it, in a process of its own that tells its parent what it costs. */

import { createKubeClient, createLeaderElector, loadKubeConfig, type MetricsSink, systemClock } from '@civitas/kube';
import { keepHeapSmall } from '@civitas/kube/frugal-heap';
import { openLogger, openMetricsRegistry, operatorMetrics } from '@civitas/telemetry';
import { SYSTEM_NAMESPACE } from '../../operator/src/core/desired/names.ts';
import { type RunningControllers, startControllers } from '../../operator/src/host/controllers/start-controllers.ts';
import { kubeLogOf } from '../../operator/src/host/telemetry/kube-log.ts';
import { metricsSinkOf } from '../../operator/src/host/telemetry/operator-metrics.ts';

/** What was counted since the last report. */
export interface OperatorReport {
  readonly isReady: boolean;
  /** By method; a watch counts when it is opened. */
  readonly requests: Readonly<Record<string, number>>;
  readonly reconciles: Readonly<Record<string, number>>;
  readonly errors: number;
  /** Of the network controller, ms. */
  readonly wallMs: readonly number[];
  /** CPU time of the whole process during each of its passes that no other pass overlapped, ms: an upper bound of the pass's own. */
  readonly cpuMs: readonly number[];
  readonly heapBytes: number;
  /** Of V8, what lies outside of it for its objects, and of that buffers. */
  readonly heapTotalBytes: number;
  readonly externalBytes: number;
}

const MEASURED = 'network';

class Meter implements MetricsSink {
  readonly #kept: MetricsSink;
  readonly #running = new Map<string, number>();
  #alone: { readonly controller: string; readonly cpuMicros: number } | undefined;
  #requests: Record<string, number> = {};
  #reconciles: Record<string, number> = {};
  #errors = 0;
  #wallMs: number[] = [];
  #cpuMs: number[] = [];

  constructor(kept: MetricsSink) {
    this.#kept = kept;
  }

  count(name: string, labels: Readonly<Record<string, string>>, delta: number): void {
    if (name === 'rest_client_requests_total') this.#requests[labels['method'] ?? ''] = (this.#requests[labels['method'] ?? ''] ?? 0) + 1;
    if (name === 'controller_runtime_reconcile_errors_total') this.#errors++;
    this.#kept.count(name, labels, delta);
  }

  gauge(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    if (name === 'controller_runtime_active_workers') this.#turn(labels['controller'] ?? '', value);
    this.#kept.gauge(name, labels, value);
  }

  observe(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    if (name === 'controller_runtime_reconcile_time_seconds') {
      const { controller = '' } = labels;
      this.#reconciles[controller] = (this.#reconciles[controller] ?? 0) + 1;
      if (controller === MEASURED) this.#wallMs.push(value * 1000);
    }
    this.#kept.observe(name, labels, value);
  }

  /** A pass of this controller begins or ends. */
  #turn(controller: string, active: number): void {
    const begins = active > (this.#running.get(controller) ?? 0);
    this.#running.set(controller, active);
    const all = [...this.#running.values()].reduce((sum, count) => sum + count, 0);
    if (begins) this.#alone = all === 1 ? { controller, cpuMicros: cpuMicros() } : undefined;
    else if (all === 0 && this.#alone?.controller === MEASURED) this.#cpuMs.push((cpuMicros() - this.#alone.cpuMicros) / 1000);
  }

  take(isReady: boolean): OperatorReport {
    const { heapUsed, heapTotal, external } = process.memoryUsage();
    const memory = { heapBytes: heapUsed, heapTotalBytes: heapTotal, externalBytes: external };
    const counts = { requests: this.#requests, reconciles: this.#reconciles, errors: this.#errors };
    const report = { isReady, ...counts, wallMs: this.#wallMs, cpuMs: this.#cpuMs, ...memory };
    [this.#requests, this.#reconciles, this.#errors, this.#wallMs, this.#cpuMs] = [{}, {}, 0, [], []];
    return report;
  }
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

keepHeapSmall();
const registry = openMetricsRegistry({ component: 'operator' });
const meter = new Meter(metricsSinkOf(registry));
const log = kubeLogOf(openLogger({ component: 'operator' }, 'error'));
const client = createKubeClient(await loadKubeConfig(), { clock: systemClock, metrics: meter });
let controllers: RunningControllers | undefined;
const options = { client, clock: systemClock, log, metrics: meter, operatorMetrics: registry.register(operatorMetrics) };
const elector = createLeaderElector({
  ...{ client, namespace: SYSTEM_NAMESPACE, name: 'civitas-operator', identity: `bench_${process.pid}`, metrics: meter, log },
  onStartedLeading: (reign) =>
    void startControllers({ ...options, isLeader: () => elector.isLeader() }, reign).then((running) => {
      controllers = running;
    }),
});
elector.start();
process.on('message', () => process.send?.(meter.take(controllers?.isReady() ?? false)));
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => {
  void controllers
    ?.stop()
    .then(() => elector.stop())
    .finally(() => process.exit(0));
});
process.send?.('started');
