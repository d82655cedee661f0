import type { TracingSettings } from './tracing.ts';

const SAMPLE_PER_MILLE = 10;
const PER_MILLE_MAX = 1000;

/**
 * What CIVITAS_TRACING_ENDPOINT (http or https; without it nothing is traced) and CIVITAS_TRACING_PER_MILLE (0 … 1000, default 10) ask for.
 *
 * @throws RangeError for what is none of that.
 */
export function tracingOfEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<TracingSettings, 'endpoint' | 'samplePerMille'> | undefined {
  const endpoint = environment['CIVITAS_TRACING_ENDPOINT'] ?? '';
  if (endpoint === '') return undefined;
  const protocol = URL.parse(endpoint)?.protocol ?? '';
  if (!['http:', 'https:'].includes(protocol)) throw new RangeError('CIVITAS_TRACING_ENDPOINT: an address that begins with http or https');
  const asked = environment['CIVITAS_TRACING_PER_MILLE'] ?? '';
  const samplePerMille = asked === '' ? SAMPLE_PER_MILLE : Number(asked);
  if (!Number.isInteger(samplePerMille) || samplePerMille < 0 || samplePerMille > PER_MILLE_MAX)
    throw new RangeError(`CIVITAS_TRACING_PER_MILLE: 0 … ${PER_MILLE_MAX}, got ${asked}`);
  return { endpoint, samplePerMille };
}
