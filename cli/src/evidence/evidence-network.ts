import { base64urlDecode, isJsonObject, type Json, type JsonObject } from '@civitas/canon';
import { decodeLightBlock, type EvidenceNetwork } from '@civitas/proofs';
import { Fault } from '../fault.ts';
import type { LedgerClient } from '../sdk/ledger-client.ts';

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

async function startOfFirstBlock(ledger: LedgerClient): Promise<Start> {
  const block = decodeLightBlock((await ledger.block(1)).lightBlock);
  if (!block.ok) throw new Fault('ANSWER_MALFORMED', `${ledger.network}: block 1 cannot be read (${block.refusal.code})`);
  const validators = block.value.validators.map(({ publicKey, power }) => ({ publicKey, power: Number(power) }));
  return { genesis: null, validators };
}

/**
 * A network as evidence names it, without headers yet. Trust starts at the genesis document of the profile; where the profile has
 * none, at the validators of block 1 as the node serves it, and `genesis` is null so that a report says so.
 */
export async function fetchEvidenceNetwork(ledger: LedgerClient): Promise<EvidenceNetwork> {
  const { access, chainId, network: name } = ledger;
  const start = access.genesis === undefined ? await startOfFirstBlock(ledger) : startOfGenesis(access.genesis);
  return { name, chainId, genesisHash: access.genesisHash, ...start, lightBlocks: [] };
}
