import type { Agency } from '../resources/agency.ts';
import { agencyNamespace, LABELS, MANAGED_BY } from './names.ts';
import type { Manifest } from './render.ts';

/** ConfigMap in the operator's namespace that says where the identity provider is: `url`, `realm`. */
export const IDENTITY_SETTINGS = 'civitas-identity';
/** Secret beside it with the operator's own client: `clientId`, `clientSecret`. */
export const IDENTITY_CREDENTIALS = 'identity-client-operator';

/** Secret of an agency's service client, in its own namespace. */
export const serviceSecretName = (client: string): string => `identity-client-${client}`;

export interface ServiceSecret {
  readonly client: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** `iss` of its tokens, below which the provider says the rest. */
  readonly issuer: string;
}

/** What a program of the agency needs to sign in; base64 as the API server keeps it. */
export function serviceSecretObject(agency: Agency, secret: ServiceSecret, base64: (text: string) => string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: serviceSecretName(secret.client),
      namespace: agencyNamespace(agency.metadata.name),
      labels: { ...MANAGED_BY, [LABELS.agency]: agency.metadata.name },
    },
    type: 'Opaque',
    data: { clientId: base64(secret.clientId), clientSecret: base64(secret.clientSecret), issuer: base64(secret.issuer) },
  };
}
