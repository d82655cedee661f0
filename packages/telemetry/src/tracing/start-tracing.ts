import type { Tracing, TracingSettings } from './tracing.ts';

/** What became of it. */
export type StartedTracing = { readonly tracing: Tracing } | { readonly failure: unknown };

const SDK_VARIABLE = /^OTEL_/;
let started: StartedTracing | undefined;

/**
 * For a preload: starts the SDK before the program is loaded, so that no span of it comes too early. Without settings nothing is loaded. Never
 * throws: settings that cannot be read are refused by the program itself, which reads them again, and it says what else went wrong.
 */
export async function startTracing(settingsOf: () => TracingSettings | undefined): Promise<void> {
  try {
    const settings = settingsOf();
    if (settings === undefined) return;
    forgetVariables();
    const { otlpTracing } = await import('./otlp-tracing.ts');
    started = { tracing: otlpTracing(settings) };
  } catch (failure) {
    started = { failure };
  }
}

/** What a preload of this process has started. */
export function startedTracing(): StartedTracing | undefined {
  return started;
}

/** The SDK and its exporter would take sampling, headers, certificates and more from whoever sets variables of a pod; ours is the configuration. */
function forgetVariables(): void {
  for (const name of Object.keys(process.env)) if (SDK_VARIABLE.test(name)) delete process.env[name];
}
