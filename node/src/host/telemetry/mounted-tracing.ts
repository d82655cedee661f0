import { readFileSync } from 'node:fs';
import type { TracingSettings } from '@civitas/telemetry/tracing';
import { parseNodeConfig, parseRelayConfig } from '../config/parse-config.ts';
import type { Pod } from '../config/pod.ts';

/** Where the mounted configuration of `serve` or `relay` sends spans; undefined for one that does not, or that the program will refuse. */
export function mountedTracing(command: 'serve' | 'relay', pod: Pod, version: string): TracingSettings | undefined {
  const text = readFileSync(pod.pathOf('config'), 'utf8');
  if (command === 'relay') {
    const config = parseRelayConfig(text);
    if (!config.ok || config.value.tracing === undefined) return undefined;
    return { ...config.value.tracing, service: 'civitas-relay', attributes: { component: 'relay', node: config.value.name, version } };
  }
  const config = parseNodeConfig(text);
  if (!config.ok || config.value.tracing === undefined) return undefined;
  const { chainId, node, tracing } = config.value;
  return { ...tracing, service: 'civitas-node', attributes: { network: chainId, node, version } };
}
