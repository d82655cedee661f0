export { startTracing } from './start-tracing.ts';
export type { TracingSettings } from './tracing.ts';
export { tracingOfEnvironment } from './tracing-environment.ts';
