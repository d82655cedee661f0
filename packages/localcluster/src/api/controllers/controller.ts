import { systemUser } from '../auth/user.ts';
import type { Registry } from '../registry.ts';
import type { ResourceType } from '../resource.ts';
import type { ObjectStore } from '../store.ts';
import type { ObjectWriter, WriteContext } from '../write.ts';

/** What the server's own controllers work with. Each follows the store's changes and ends with the returned function. */
export interface ControllerContext {
  readonly store: ObjectStore;
  readonly writer: ObjectWriter;
  readonly registry: Registry;
  /** Reports a fault of a controller; the next change tries again. */
  readonly onFault: (controller: string, cause: unknown) => void;
}

export function controllerWrite(
  type: ResourceType,
  namespace: string | undefined,
  options: { subresource?: string; manager?: string } = {},
): WriteContext {
  return {
    type,
    namespace,
    subresource: options.subresource ?? '',
    user: systemUser,
    dryRun: false,
    fieldManager: options.manager ?? 'kube-controller-manager',
    fieldValidation: 'Ignore',
    warnings: [],
  };
}
