import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind } from './kind.ts';
import { IMAGE_CHARS_MAX, PROTOCOL_VERSION_MAX, RELEASES_MAX } from './limits.ts';
import type { CustomObject } from './object.ts';
import { mapList, text } from './schema.ts';

const version = (description: string, options: object = {}) => text(description, 32, { pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$', ...options });

export const Release = Type.Object({
  version: version('Version of node and relay.'),
  nodeImage: text('Image of the node by digest: <repository>@sha256:<64 hex digits>.', IMAGE_CHARS_MAX, {
    pattern: '^[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}$',
  }),
  protocolVersion: Type.Integer({
    description: 'Newest rules that it executes blocks by: a network goes over to them once all its nodes run such a release.',
    minimum: 1,
    maximum: PROTOCOL_VERSION_MAX,
  }),
  protocolVersionMin: Type.Optional(
    Type.Integer({
      description: 'Oldest rules that it executes blocks by; default protocolVersion: it takes over no network of older rules.',
      minimum: 1,
      maximum: PROTOCOL_VERSION_MAX,
    }),
  ),
  upgradesFrom: Type.Optional(
    Type.Array(version('A version.'), {
      description: 'Versions that may be replaced by this one, also to go back; none where it may only be born with.',
      maxItems: RELEASES_MAX,
      'x-kubernetes-list-type': 'set',
    }),
  ),
});

export const ReleaseCatalogSpec = Type.Object({
  releases: mapList(Release, ['version'], { description: 'What may be run.', maxItems: RELEASES_MAX, minItems: 1 }),
});

export const releaseCatalogKind: Kind<typeof ReleaseCatalogSpec> = {
  kind: 'ReleaseCatalog',
  plural: 'releasecatalogs',
  singular: 'releasecatalog',
  shortName: 'rcat',
  scope: 'Cluster',
  description: 'Versions that networks may run, by digest, and from which to which they may go.',
  spec: ReleaseCatalogSpec,
  status: Type.Object({}),
  columns: [{ name: 'Versions', type: 'string', jsonPath: '.spec.releases[*].version' }, AGE_COLUMN],
};

export type Release = Static<typeof Release>;
export type ReleaseCatalogSpec = Static<typeof ReleaseCatalogSpec>;
export type ReleaseCatalog = CustomObject<ReleaseCatalogSpec, object>;
