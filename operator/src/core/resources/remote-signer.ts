import { type Static, Type } from '@sinclair/typebox';
import { CIDR_CHARS_MAX, REMOTE_SIGNERS_MAX } from './limits.ts';
import { base64urlString, mapList, nameString, rules, text } from './schema.ts';

export const SIGNER_MESSAGES = {
  from: 'name either cidr or namespace: where the signer dials from',
  embedded: 'keys.remoteSigners is for engine cometbft: the embedded engine signs in the node itself',
  oneKey: 'each remote signer holds a key of its own: one key on two nodes would sign twice',
} as const;

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const CIDR = `^(${OCTET}(\\.${OCTET}){3}/(3[0-2]|[12]?[0-9])|[0-9a-fA-F:]{2,39}/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$`;

/** Who holds the consensus key of one node, outside of it. Nothing of this is secret: the signer dials, and its own secrets are its own. */
const RemoteSigner = Type.Object({
  node: nameString('Node of this network, such as health-3.'),
  publicKey: base64urlString('The consensus key that it holds, Ed25519, base64url. A node keeps its key for life.', 32),
  from: Type.Optional(
    Type.Object(
      {
        cidr: Type.Optional(text('Addresses, such as 10.9.0.7/32.', CIDR_CHARS_MAX, { pattern: CIDR })),
        namespace: Type.Optional(nameString('A namespace: its pods with the label civitas.dev/signer=true.')),
      },
      {
        description: 'Where it dials from; without it the NetworkPolicy lets in nobody, and you add one.',
        ...rules({ rule: 'has(self.cidr) != has(self.__namespace__)', message: SIGNER_MESSAGES.from }),
      },
    ),
  ),
});

/** Where consensus keys are kept that are not on their nodes' volumes. */
export const NetworkKeys = Type.Object(
  {
    remoteSigners: Type.Optional(
      mapList(RemoteSigner, ['node'], {
        description:
          'Signers that hold the key of a node of cometbft instead of its volume (tmkms, Horcrux): each dials port 26659 of that node’s Service. Name them before the node is made; take an entry out once it is gone.',
        maxItems: REMOTE_SIGNERS_MAX,
      }),
    ),
  },
  {
    description: 'Consensus keys; default each on the volume of its node.',
    ...rules({
      rule: '!has(self.remoteSigners) || self.remoteSigners.all(a, self.remoteSigners.exists_one(b, b.publicKey == a.publicKey))',
      message: SIGNER_MESSAGES.oneKey,
    }),
  },
);

export type RemoteSigner = Static<typeof RemoteSigner>;
