import { createKubeClient, createLeaderElector, loadKubeConfig, systemClock } from '@civitas/kube';
import { limitConnects } from '@civitas/node-call';
import {
  countSpans,
  followLevelSignal,
  openLogger,
  openMetricsRegistry,
  openTracing,
  operatorMetrics,
  processMetrics,
  serveMetrics,
} from '@civitas/telemetry';
import { SYSTEM_NAMESPACE } from '../core/desired/names.ts';
import type { OperatorConfig } from './config/operator-config.ts';
import { type RunningControllers, startControllers } from './controllers/start-controllers.ts';
import { kubeLogOf } from './telemetry/kube-log.ts';
import { metricsSinkOf } from './telemetry/operator-metrics.ts';
import { traceReconciles } from './telemetry/trace-reconciles.ts';

const LEASE = 'civitas-operator';

/**
 * Runs until `signal` aborts or leadership is lost: whoever lost it exits, so that nothing of an old reign is left running.
 *
 * @returns the exit code.
 */
export async function runOperator(config: OperatorConfig, version: string, signal: AbortSignal): Promise<number> {
  limitConnects();
  const logger = openLogger({ component: 'operator' }, config.logLevel);
  followLevelSignal(logger);
  const log = kubeLogOf(logger);
  const registry = openMetricsRegistry({ component: 'operator' });
  const tracing = openTracing(config.tracing, logger);
  const metrics = { ...metricsSinkOf(registry), reconciled: traceReconciles(tracing, systemClock) };
  const ours = registry.register(operatorMetrics);
  const process = registry.register(processMetrics);
  process.buildInfo.set({ version, component: 'operator', engine: '' }, 1);
  countSpans(tracing, process, registry);
  const client = createKubeClient(await loadKubeConfig({ root: config.root }), { clock: systemClock, metrics });
  let controllers: RunningControllers | undefined;
  // A replica that stands by is ready; one that is about to lead is not before what it says is its own.
  const isReady = (): boolean =>
    controllers === undefined ? ![undefined, config.identity].includes(elector.holder()) : controllers.isReady() && controllers.isHealthy();
  const server = await serveMetrics({ registry, address: config.address, port: config.metricsPort, isReady });
  let end: (code: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const elector = createLeaderElector({
    client,
    namespace: SYSTEM_NAMESPACE,
    name: LEASE,
    identity: config.identity,
    metrics,
    log,
    onStartedLeading: (reign) => {
      startControllers({ client, clock: systemClock, log, metrics, operatorMetrics: ours, isLeader: () => elector.isLeader() }, reign).then(
        (running) => {
          controllers = running;
          logger.info('operator-leads', { version });
        },
        (error: unknown) => {
          if (reign.aborted) return;
          log.error({ error }, 'the controllers could not be started');
          end(1);
        },
      );
    },
    onStoppedLeading: (reason) => end(reason === 'stopping' ? 0 : 1),
  });
  elector.start();
  signal.addEventListener('abort', () => end(0), { once: true });
  const code = await ended;
  await controllers?.stop();
  await elector.stop();
  await tracing.close();
  await server.close();
  client.close();
  return code;
}
