import { type Static, Type } from '@sinclair/typebox';
import { CSR_CHARS_MAX, HOST_CHARS_MAX } from './limits.ts';
import { base64urlString, nameString, oneOf, rules, text } from './schema.ts';

export const EXTERNAL_MESSAGES = {
  reachable: 'nodeId and host name a node that others dial: give both, or neither when it dials them',
} as const;

/** A node of the network that somebody else runs, outside of this cluster. */
export const ExternalMember = Type.Object(
  {
    node: nameString('Name of the node; none that this network gives to its own, which end in a number.'),
    organisation: nameString('Agency that runs it.'),
    role: oneOf('What it is to become: an observer follows; a validator is proposed by a ValidatorChange once it follows.', [
      'validator',
      'observer',
    ]),
    csr: Type.Optional(
      text('PKCS#10 request for its TLS key, PEM; the key itself never leaves it.', CSR_CHARS_MAX, {
        minLength: 1,
        pattern: '^-----BEGIN CERTIFICATE REQUEST-----',
      }),
    ),
    consensusPublicKey: Type.Optional(base64urlString('Its consensus key, base64url; made there and never leaving it.', 32)),
    nodeId: Type.Optional(text('Its name between engines, 40 hex digits.', 40, { minLength: 40, pattern: '^[0-9a-f]{40}$' })),
    host: Type.Optional(
      text('Where its engine is dialled.', HOST_CHARS_MAX, { minLength: 1, pattern: '^[a-zA-Z0-9]([a-zA-Z0-9.:-]*[a-zA-Z0-9])?$' }),
    ),
    p2pPort: Type.Optional(Type.Integer({ description: 'Its port; default 26656 of this product.', minimum: 1, maximum: 65_535 })),
  },
  { ...rules({ rule: 'has(self.nodeId) == has(self.host)', message: EXTERNAL_MESSAGES.reachable }) },
);

/** Where a node of this network is reached from outside of the cluster. */
export const ExternalAddress = Type.Object({
  node: nameString('Node of this network.'),
  host: text('Address or name, such as that of a load balancer.', HOST_CHARS_MAX, {
    minLength: 1,
    pattern: '^[a-zA-Z0-9]([a-zA-Z0-9.:-]*[a-zA-Z0-9])?$',
  }),
  p2pPort: Type.Optional(Type.Integer({ description: 'Port of its engine there; default that of the node.', minimum: 1, maximum: 65_535 })),
});

export const ExternalMemberStatus = Type.Object({
  node: nameString('The external node.'),
  bundle: Type.Optional(text('ConfigMap with what it needs to join; its own organisation takes it from there.', 253)),
  state: oneOf('How far it is.', ['Waiting', 'BundleReady', 'Joining', 'Validator', 'Removed']),
  message: text('What it waits for.', 256),
});

export type ExternalMember = Static<typeof ExternalMember>;
export type ExternalAddress = Static<typeof ExternalAddress>;
export type ExternalMemberStatus = Static<typeof ExternalMemberStatus>;
