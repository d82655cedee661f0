import { configMaps, isApiError } from '@civitas/kube';
import type { KubectlContext } from './context.ts';

const CONSOLE = { namespace: 'civitas-system', name: 'civitas-console' };

/** The Grafana that the installation names, without a slash at its end; undefined where it names none or this person may not look. */
export async function findGrafana(context: KubectlContext): Promise<string | undefined> {
  const cluster = await context.cluster();
  try {
    const found = await cluster.find(configMaps, CONSOLE, { signal: context.signal });
    const config: unknown = JSON.parse(found?.data?.['config.json'] ?? '{}');
    const url: unknown = typeof config === 'object' && config !== null ? Reflect.get(config, 'grafanaUrl') : undefined;
    return typeof url === 'string' && /^https?:\/\//.test(url) ? url.replace(/\/$/, '') : undefined;
  } catch (error) {
    if (isApiError(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Address of the dashboard of one network, or of the city. */
export function dashboardUrl(grafanaUrl: string, chainId: string | undefined): string {
  return chainId === undefined
    ? `${grafanaUrl}/d/civitas-city`
    : `${grafanaUrl}/d/civitas-network?var-network=${encodeURIComponent(chainId)}`;
}
