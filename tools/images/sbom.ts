import { createHash } from 'node:crypto';

/** One thing that an image holds. */
export interface Component {
  readonly type: 'library' | 'application';
  readonly name: string;
  readonly version: string;
  /** Package URL. */
  readonly purl: string;
  /** SPDX expression. */
  readonly licence?: string;
  /** Of the published archive, hex. */
  readonly sha512?: string;
  /** Of the file itself, hex. */
  readonly sha256?: string;
  /** `h1:…` of the Go module's files, as go.sum has it. */
  readonly goSum?: string;
}

export interface SbomSubject {
  readonly name: string;
  readonly version: string;
  /** Digest of the image, hex. */
  readonly digest: string;
}

const SPDX_EXPRESSION = /^[A-Za-z0-9.()+\- ]+$/;

/** What an image holds, as CycloneDX 1.6. It has no time of its own: the same image has the same list. */
export function sbomOf(subject: SbomSubject, components: readonly Component[]): object {
  const unique = [...new Map(components.map((component) => [component.purl, component])).values()];
  const repository = subject.name.slice(subject.name.lastIndexOf('/') + 1);
  const purl = `pkg:oci/${repository}@sha256%3A${subject.digest}?repository_url=${encodeURIComponent(subject.name)}&tag=${subject.version}`;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(subject.digest)}`,
    version: 1,
    metadata: {
      component: {
        type: 'container',
        'bom-ref': purl,
        name: subject.name,
        version: subject.version,
        purl,
        licenses: [{ expression: 'Apache-2.0' }],
        hashes: [{ alg: 'SHA-256', content: subject.digest }],
      },
    },
    components: unique.sort((left, right) => (left.purl < right.purl ? -1 : 1)).map(componentDocument),
    dependencies: [{ ref: purl, dependsOn: unique.map((component) => component.purl).sort() }],
  };
}

function componentDocument(component: Component): object {
  const { licence, sha512, sha256, goSum } = component;
  const hashes = [
    ...(sha256 === undefined ? [] : [{ alg: 'SHA-256', content: sha256 }]),
    ...(sha512 === undefined ? [] : [{ alg: 'SHA-512', content: sha512 }]),
  ];
  return {
    type: component.type,
    'bom-ref': component.purl,
    name: component.name,
    version: component.version,
    purl: component.purl,
    ...(licence === undefined
      ? {}
      : { licenses: [SPDX_EXPRESSION.test(licence) ? { expression: licence } : { license: { name: licence } }] }),
    ...(hashes.length === 0 ? {} : { hashes }),
    ...(goSum === undefined ? {} : { properties: [{ name: 'civitas:go.sum', value: goSum }] }),
  };
}

/** RFC 9562 version 8: our own bits, from the image's digest. */
function uuidOf(digest: string): string {
  const hex = createHash('sha256').update(`civitas sbom ${digest}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
