import { base64urlDecode, type JsonObject, type Sha256 } from '@civitas/canon';
import type { Genesis } from '@civitas/deployment';
import { addressOf, timestampOfUnixMs } from '@civitas/proofs';
import { FIRST_PROTOCOL } from '../../../core/protocol/limits.ts';
import { appVersionOf } from '../../../core/protocol/records.ts';
import { BLOCK_BOUNDS } from '../limits.ts';
import { rfc3339Of } from './engine-time.ts';
import { EVIDENCE_AGE_BLOCKS_MAX, EVIDENCE_AGE_NANOS_MAX, EVIDENCE_BYTES_MAX } from './limits.ts';

const KEY_TYPE = 'tendermint/PubKeyEd25519';

/**
 * CometBFT's genesis document of a network, the same on every node: its first header is the one that the embedded engine would make.
 *
 * The app hash stays empty: the application answers InitChain with the root of the genesis state.
 */
export function engineGenesisOf(sha256: Sha256, genesis: Genesis): JsonObject {
  return {
    genesis_time: rfc3339Of(timestampOfUnixMs(genesis.genesisTimeUnixMs)),
    chain_id: genesis.chainId,
    initial_height: '1',
    consensus_params: {
      block: { max_bytes: String(BLOCK_BOUNDS.blockBytesMax), max_gas: String(BLOCK_BOUNDS.blockGasMax) },
      evidence: {
        max_age_num_blocks: String(EVIDENCE_AGE_BLOCKS_MAX),
        max_age_duration: String(EVIDENCE_AGE_NANOS_MAX),
        max_bytes: String(EVIDENCE_BYTES_MAX),
      },
      validator: { pub_key_types: ['ed25519'] },
      version: { app: String(appVersionOf(genesis.appState.protocolVersion ?? FIRST_PROTOCOL)) },
      abci: { vote_extensions_enable_height: '0' },
    },
    validators: genesis.validators.map(({ publicKey, power, node }) => {
      const key = base64urlDecode(publicKey);
      if (key?.length !== 32) throw new Error(`genesis: validator key of ${node} is not 32 bytes`);
      const address = Buffer.from(addressOf(sha256, key)).toString('hex').toUpperCase();
      return { address, pub_key: { type: KEY_TYPE, value: Buffer.from(key).toString('base64') }, power: String(power), name: node };
    }),
    app_hash: '',
  };
}
