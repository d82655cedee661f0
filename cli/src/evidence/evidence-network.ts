import { base64urlDecode, base64urlEncode, equalBytes, isJsonObject, type Json, type JsonObject, parseCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { EvidenceNetwork } from '@civitas/proofs';
import { Fault } from '../fault.ts';
import type { LedgerClient } from '../sdk/ledger-client.ts';
import { ANSWER_BYTES_MAX } from '../sdk/limits.ts';

type Start = Pick<EvidenceNetwork, 'genesis' | 'validators'>;

function validatorOf(entry: Json): EvidenceNetwork['validators'][number] {
  const publicKey = isJsonObject(entry) ? base64urlDecode(String(entry['publicKey'])) : undefined;
  const power = isJsonObject(entry) ? entry['power'] : undefined;
  if (publicKey?.length !== 32 || typeof power !== 'number')
    throw new Fault('PROFILE_BROKEN', 'the genesis document names a malformed validator');
  return { publicKey, power };
}

function startOfGenesis(genesis: JsonObject): Start {
  const validators = genesis['validators'];
  if (!Array.isArray(validators)) throw new Fault('PROFILE_BROKEN', 'the genesis document has no validators');
  return { genesis, validators: validators.map(validatorOf) };
}

/** The document as the node serves it; the profile's hash says whether it is the right one. */
async function fetchGenesis(ledger: LedgerClient): Promise<JsonObject> {
  const { genesis: bytes } = await ledger.info();
  const genesis = parseCanonical(bytes, ANSWER_BYTES_MAX);
  if (genesis.ok && isJsonObject(genesis.value) && equalBytes(nodeCrypto.sha256(bytes), ledger.access.genesisHash)) return genesis.value;
  const expected = base64urlEncode(ledger.access.genesisHash);
  throw new Fault('ANSWER_MALFORMED', `${ledger.network}: the node's genesis document does not have the hash ${expected}`);
}

/** A network as evidence names it, without headers yet. Trust starts at the genesis document whose hash the profile names. */
export async function fetchEvidenceNetwork(ledger: LedgerClient): Promise<EvidenceNetwork> {
  const { access, chainId, network: name } = ledger;
  const start = startOfGenesis(access.genesis ?? (await fetchGenesis(ledger)));
  return { name, chainId, genesisHash: access.genesisHash, ...start, lightBlocks: [] };
}
