import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import { PACK_CONTRACTS_MAX } from './limits.ts';
import type { CustomObject } from './object.ts';
import { base64urlString, nameString, rules, statusHead, text } from './schema.ts';

export const PACK_IMMUTABLE = 'a pack cannot change under its signature: make a new PackInstall';

export const PackInstallSpec = Type.Object(
  {
    networkRef: nameString('LedgerNetwork of this namespace that is to take it up.'),
    pack: Type.Object(
      {
        name: nameString('Name of the pack.'),
        version: text('Its version.', 32, { pattern: '^[0-9]{1,6}\\.[0-9]{1,6}\\.[0-9]{1,6}$' }),
        contracts: Type.Array(
          text('A contract with its version, such as courts.evidence@v1.', 64, { pattern: '^[a-z0-9]+([.-][a-z0-9]+)*@v[1-9][0-9]{0,3}$' }),
          {
            description: 'What it brings; the release of the nodes ships their code.',
            minItems: 1,
            maxItems: PACK_CONTRACTS_MAX,
            'x-kubernetes-list-type': 'set',
          },
        ),
      },
      { description: 'What its publisher has signed.' },
    ),
    publisher: base64urlString('Ed25519 public key of the publisher; founders approve the pack with it in sight.', 32),
    signature: base64urlString('The publisher’s signature of the pack.', 64),
  },
  { ...rules({ rule: 'self == oldSelf', message: PACK_IMMUTABLE }) },
);

export const PackInstallStatus = Type.Object({
  ...statusHead,
  sinceHeight: Type.Optional(Type.Integer({ description: 'Block from which its contracts are called.', minimum: 1 })),
});

export const packInstallKind: Kind<typeof PackInstallSpec, typeof PackInstallStatus> = {
  kind: 'PackInstall',
  plural: 'packinstalls',
  singular: 'packinstall',
  shortName: 'pack',
  scope: 'Namespaced',
  description:
    'A signed set of contracts that a network is to take up after its birth, by a decision of its founders. What a ledger has taken up it keeps: deleting this object takes nothing away.',
  spec: PackInstallSpec,
  status: PackInstallStatus,
  columns: [
    { name: 'Network', type: 'string', jsonPath: '.spec.networkRef' },
    { name: 'Pack', type: 'string', jsonPath: '.spec.pack.name' },
    { name: 'Version', type: 'string', jsonPath: '.spec.pack.version' },
    PHASE_COLUMN,
    { name: 'Since', type: 'integer', jsonPath: '.status.sinceHeight', description: 'Block from which its contracts are called.' },
    AGE_COLUMN,
    { name: 'Contracts', type: 'string', jsonPath: '.spec.pack.contracts', priority: 1 },
  ],
};

export type PackInstallSpec = Static<typeof PackInstallSpec>;
export type PackInstallStatus = Static<typeof PackInstallStatus>;
export type PackInstall = CustomObject<PackInstallSpec, PackInstallStatus>;
