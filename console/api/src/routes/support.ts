import type { Principal } from '@civitas/identity';
import { events, isApiError, type KubeObject, type Pod, pods, type Resource } from '@civitas/kube';
import { collectSupport, type SupportSource, supportArchive, supportFileName } from '@civitas/telemetry/support';
import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { ProblemError } from '../http/problem-error.ts';
import { SYSTEM_NAMESPACE } from '../kube/acting.ts';
import { SUPPORT_BYTES_MAX, SUPPORT_MS_MAX } from './limits.ts';

interface Asker {
  readonly principal: Principal;
  /** Aborts when they have gone. */
  readonly signal: AbortSignal;
}

/** With the rights of those who run the platform: what these do not reach, the bundle names as missing. */
function sourceOf({ acting, view }: ConsoleContext, { principal, signal }: Asker): SupportSource {
  const client = acting.as(principal);
  const within = AbortSignal.any([signal, AbortSignal.timeout(SUPPORT_MS_MAX)]);
  const listOf = async <T extends KubeObject>(resource: Resource<T>, namespace?: string): Promise<readonly T[]> => {
    try {
      return (await client.listAll(resource, { signal: within, ...(namespace === undefined ? {} : { namespace }) })).items;
    } catch (error) {
      if (isApiError(error, 'NotFound')) return [];
      throw error;
    }
  };
  const city = view.namespace();
  return {
    signal,
    namespaces: city === undefined ? [SYSTEM_NAMESPACE] : [SYSTEM_NAMESPACE, city],
    listObjects: (resource) => listOf<KubeObject>(resource),
    listPods: (namespace): Promise<readonly Pod[]> => listOf(pods, namespace),
    listEvents: (namespace) => listOf(events, namespace),
    getText: (path, until = within) => client.getText(path, { signal: until }),
    streamText: (path) => client.streamText(path, { signal: within }),
  };
}

/** The support bundle of `kubectl civitas`, for somebody who has no kubectl. One is made at a time: it is made in memory. */
export function supportHandlers(context: ConsoleContext): HandlersOf<'downloadSupportBundle'> {
  let isBeingMade = false;
  return {
    downloadSupportBundle: async ({ principal, signal, reply }) => {
      if (isBeingMade) throw new ProblemError('RATE_LIMITED', 'a support bundle is being made: try again in a minute');
      isBeingMade = true;
      try {
        const madeAtUnixMs = context.clock.nowUnixMs();
        const deed = { principal, action: 'downloadSupportBundle', agency: '', resource: 'City' };
        const archive = await audited(context, deed, async () => {
          const maker = { versions: { console: context.settings.version }, bytesMax: SUPPORT_BYTES_MAX };
          return supportArchive(await collectSupport(sourceOf(context, { principal, signal }), maker), madeAtUnixMs);
        });
        reply.header('content-disposition', `attachment; filename="${supportFileName(madeAtUnixMs)}"`);
        return archive;
      } finally {
        isBeingMade = false;
      }
    },
  };
}
