import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { base64urlEncode, type ContractPack, packSignBytes } from '@civitas/canon';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { CommandContext } from './context.ts';
import { usage } from './usage.ts';

export interface PackSignOptions {
  readonly key: string;
  readonly network: string;
  readonly namespace: string;
  readonly pack: ContractPack;
}

const PARTS = {
  name: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  version: /^[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}$/,
  contract: /^[a-z0-9]+([.-][a-z0-9]+)*@v[1-9][0-9]{0,3}$/,
} as const;

function readKey(path: string): KeyObject {
  try {
    const key = createPrivateKey(readFileSync(path));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // One sentence for whatever is wrong with the file.
  }
  throw usage(`${path} holds no Ed25519 private key in PEM; make one: openssl genpkey -algorithm ed25519 -out publisher.pem`);
}

/** The PackInstall of a pack, signed. @throws usage faults for a key or a pack that is none. */
export function signedPackInstall({ key: path, network, namespace, pack }: PackSignOptions) {
  const { name, version, contracts } = pack;
  if (!PARTS.name.test(name)) throw usage('--name must be a Kubernetes name');
  if (!PARTS.version.test(version)) throw usage('--pack-version must be such as 1.0.0');
  const odd = contracts.find((contract) => !PARTS.contract.test(contract));
  if (contracts.length === 0 || odd !== undefined) throw usage(`a contract is named such as courts.evidence@v1, not ${odd ?? 'nothing'}`);
  const key = readKey(path);
  const publicKey = createPublicKey(key).export({ format: 'jwk' }).x;
  const signature = base64urlEncode(new Uint8Array(sign(null, packSignBytes(pack), key)));
  return {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'PackInstall',
    metadata: { name, namespace },
    spec: { networkRef: network, pack: { name, version, contracts: [...contracts] }, publisher: publicKey ?? '', signature },
  };
}

/** Prints the PackInstall, as `kubectl apply -f -` takes it. */
export async function packSignCommand({ terminal }: CommandContext, options: PackSignOptions): Promise<ExitCode> {
  const install = signedPackInstall(options);
  terminal.line(JSON.stringify(install, undefined, 2));
  terminal.result({ ok: true, install });
  return EXIT.ok;
}
