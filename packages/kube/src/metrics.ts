/** One run of a reconcile function that has ended; `aborted`: its controller stopped. */
export interface ReconcileRun {
  readonly controller: string;
  readonly key: string;
  /** Names the run in the log. */
  readonly reconcileId: string;
  readonly seconds: number;
  readonly result: 'success' | 'requeue_after' | 'error' | 'aborted';
}

/** Where the runtime's measurements go. Names are those of client-go and controller-runtime, so stock dashboards work. */
export interface MetricsSink {
  /** Adds to a counter; `name` ends in `_total`. */
  count(name: string, labels: Readonly<Record<string, string>>, delta: number): void;
  /** Sets a gauge. */
  gauge(name: string, labels: Readonly<Record<string, string>>, value: number): void;
  /** Adds an observation to a histogram, in the base unit of its name. */
  observe(name: string, labels: Readonly<Record<string, string>>, value: number): void;
  /** Is told of every run by itself, for traces. */
  reconciled?(run: ReconcileRun): void;
}

/** Keeps nothing. */
export const noMetrics: MetricsSink = { count: () => {}, gauge: () => {}, observe: () => {} };
