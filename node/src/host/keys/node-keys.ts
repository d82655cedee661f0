import { createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { type Bytes, base64urlDecode, isSoundPublicKey, type KeyId, keyIdOf } from '@civitas/canon';
import { nodeCrypto, rawPublicKey, signEd25519 } from '@civitas/canon/node';
import type { GatewayConfig, NodeConfig } from '@civitas/deployment';
import { type HpkePrivateKey, importHpkePrivateKey } from '@civitas/sealed-call';
import { readEngineNodeId } from './engine-keys.ts';
import { readEd25519Key, readSecret, readX25519Key } from './key-file.ts';
import { type NextConsensusKey, openNextConsensusKey } from './next-consensus-key.ts';

/** A key that signs and never leaves this process. */
export interface SigningKey {
  readonly publicKey: Bytes;
  readonly keyId: KeyId;
  sign(message: Bytes): Bytes;
}

/** Secrets of one hosted organisation. */
export interface GatewayKeys {
  readonly organisation: string;
  readonly operation: SigningKey;
  readonly hpkePublicKey: Bytes;
  readonly hpkePrivateKey: HpkePrivateKey;
  /** Wraps the data keys of subjects; 32 bytes. */
  readonly vaultKey: Bytes;
  /** HMAC key of the registrar's index; 32 bytes. */
  readonly subjectIndexKey: Bytes;
  /** Makes the pseudonyms of the people who act for it; 32 bytes. */
  readonly personSecret: Bytes;
  /** Only when the approval policy is auto. */
  readonly approver: SigningKey | undefined;
}

export interface NodeKeys {
  readonly consensus: SigningKey;
  /** The one that is to take its place; undefined while none is. */
  readonly nextConsensus: NextConsensusKey | undefined;
  /** Name of this node between engines. */
  readonly engineNodeId: string;
  /** Operation key of every organisation of the configuration, with a vault here or without. */
  readonly operation: ReadonlyMap<string, SigningKey>;
  /** Organisations whose vault is here. */
  readonly gateways: ReadonlyMap<string, GatewayKeys>;
}

export function signingKeyOf(privateKey: KeyObject): SigningKey {
  const publicKey = rawPublicKey(privateKey);
  return { publicKey, keyId: keyIdOf(nodeCrypto.sha256, publicKey), sign: (message) => signEd25519(privateKey, message) };
}

function rawX25519(key: KeyObject): { publicKey: Bytes; privateKey: Bytes } {
  const { d } = key.export({ format: 'jwk' });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  const [privateKey, publicKey] = [base64urlDecode(d ?? ''), base64urlDecode(x ?? '')];
  if (privateKey?.length !== 32 || publicKey?.length !== 32) throw new Error('not an X25519 key');
  return { publicKey, privateKey };
}

async function openGatewayKeys(folder: string, gateway: GatewayConfig, operation: SigningKey): Promise<GatewayKeys> {
  const hpke = rawX25519(readX25519Key(join(folder, 'hpke.pem')));
  return {
    organisation: gateway.organisation,
    operation,
    hpkePublicKey: hpke.publicKey,
    hpkePrivateKey: await importHpkePrivateKey(hpke.privateKey),
    vaultKey: readSecret(join(folder, 'vault.secret')),
    subjectIndexKey: readSecret(join(folder, 'subject-index.secret')),
    personSecret: readSecret(join(folder, 'persons.secret')),
    approver: gateway.approvalPolicy === 'auto' ? signingKeyOf(readEd25519Key(join(folder, 'approver.pem'))) : undefined,
  };
}

/** The consensus key as this process has it: on the volume, or only its public half when a remote signer holds it. */
function consensusKeyOf(folder: string, remoteSigner: NodeConfig['remoteSigner']): SigningKey {
  if (remoteSigner === undefined) return signingKeyOf(readEd25519Key(join(folder, 'consensus.pem')));
  const publicKey = base64urlDecode(remoteSigner.publicKey);
  if (publicKey === undefined || !isSoundPublicKey(publicKey)) throw new Error('remoteSigner.publicKey is no sound Ed25519 key');
  const sign = (): never => {
    throw new Error('the consensus key is held by the remote signer, which signs for the engine alone');
  };
  return { publicKey, keyId: keyIdOf(nodeCrypto.sha256, publicKey), sign };
}

/** Reads every key below `<data>/keys`, making what is not there yet; private halves stay on this volume (trust.md). */
export async function openNodeKeys(dataFolder: string, config: Pick<NodeConfig, 'gateways' | 'remoteSigner' | 'rekey'>): Promise<NodeKeys> {
  const folder = join(dataFolder, 'keys');
  const operation = new Map<string, SigningKey>();
  const gateways = new Map<string, GatewayKeys>();
  for (const gateway of config.gateways) {
    const place = join(folder, 'gateways', gateway.organisation);
    const key = signingKeyOf(readEd25519Key(join(place, 'operation.pem')));
    operation.set(gateway.organisation, key);
    if (gateway.vault !== false) gateways.set(gateway.organisation, await openGatewayKeys(place, gateway, key));
  }
  const consensus = consensusKeyOf(folder, config.remoteSigner);
  const nextConsensus = openNextConsensusKey(dataFolder, config.rekey);
  return { consensus, nextConsensus, engineNodeId: readEngineNodeId(dataFolder), operation, gateways };
}

/** A relay's one key, on its own volume. */
export function openRelayKey(dataFolder: string): SigningKey {
  return signingKeyOf(readEd25519Key(join(dataFolder, 'keys', 'relay.pem')));
}
