import { type Bytes, equalBytes } from '@civitas/canon';
import type { Genesis } from '@civitas/deployment';
import { unixMsOf } from '@civitas/proofs';
import * as abci from 'cosmjs-types/tendermint/abci/types';
import { ConsensusParams } from 'cosmjs-types/tendermint/types/params';
import type { Misbehaviour } from '../../../core/validators/misbehaviour.ts';
import type { ChunkVerdict, OfferVerdict, SnapshotStore } from '../../snapshot/snapshot-store.ts';
import { type Application, HandOverReached } from '../engine.ts';
import type { AbciMethods } from './abci-server.ts';

/** Points of a block's way at the application where a crash test ends the process. */
export type AbciStep = 'finalize-asked' | 'finalize-done' | 'commit-asked' | 'commit-durable';

export interface AbciApplicationOptions {
  readonly genesis: Genesis;
  readonly version: string;
  readonly application: Application;
  readonly snapshots: SnapshotStore | undefined;
  /** Brings the light block of a block that is about to commit; undefined when the engine does not say it now. */
  readonly lightBlockOf: (height: number, blockHash: Bytes) => Promise<Bytes | undefined>;
  /** Called once a block is durable. */
  readonly onDurable: (height: number, transactions: readonly Bytes[]) => void;
  readonly onStep: (step: AbciStep, height: number) => void;
}

interface Executing {
  readonly height: number;
  readonly hash: Bytes;
  readonly transactions: readonly Bytes[];
  readonly lightBlock: Promise<Bytes | undefined>;
}

const OK = 0;
const REFUSED = 1;
const OFFER_RESULTS: Readonly<Record<OfferVerdict, abci.ResponseOfferSnapshot_Result>> = {
  accept: abci.ResponseOfferSnapshot_Result.ACCEPT,
  abort: abci.ResponseOfferSnapshot_Result.ABORT,
  reject: abci.ResponseOfferSnapshot_Result.REJECT,
  'reject-format': abci.ResponseOfferSnapshot_Result.REJECT_FORMAT,
};
const CHUNK_RESULTS: Readonly<Record<ChunkVerdict['result'], abci.ResponseApplySnapshotChunk_Result>> = {
  accept: abci.ResponseApplySnapshotChunk_Result.ACCEPT,
  abort: abci.ResponseApplySnapshotChunk_Result.ABORT,
  retry: abci.ResponseApplySnapshotChunk_Result.RETRY,
  'reject-snapshot': abci.ResponseApplySnapshotChunk_Result.REJECT_SNAPSHOT,
};

const unixMsOfMessage = (time: { readonly seconds: bigint; readonly nanos: number }): number => unixMsOf(time);

function misbehaviourOf(reported: abci.Misbehavior): Misbehaviour {
  return {
    kind: reported.type === abci.MisbehaviorType.DUPLICATE_VOTE ? 'duplicate-vote' : 'light-client-attack',
    validatorAddress: reported.validator.address.slice(),
    power: reported.validator.power,
    height: Number(reported.height),
    timeUnixMs: unixMsOfMessage(reported.time),
    totalPower: reported.totalVotingPower,
  };
}

// The bytes of a message are views of it: kept as they are, each would keep the whole message.
const ownBytes = (transactions: readonly Uint8Array[]): Bytes[] => transactions.map((transaction) => transaction.slice());

/** The application behind ABCI: translates messages, and hands a block over in the two steps that the engine takes. */
export class AbciApplication implements AbciMethods {
  readonly #options: AbciApplicationOptions;
  #executing: Executing | undefined;

  constructor(options: AbciApplicationOptions) {
    this.#options = options;
  }

  /** Nothing is said of a block that must not be executed here: not even a vote. */
  #assertExecutable(): void {
    const due = this.#options.application.handOver();
    if (due !== undefined) throw new HandOverReached(due);
  }

  async info(): Promise<Partial<abci.ResponseInfo>> {
    this.#assertExecutable();
    const { height, appHash, appVersion } = this.#options.application.info();
    const { version } = this.#options;
    return { data: 'civitas', version, appVersion, lastBlockHeight: BigInt(height), lastBlockAppHash: appHash };
  }

  /** The state is the genesis document's own, whatever the engine read: both come from the same bytes. */
  async initChain({ chainId, initialHeight }: abci.RequestInitChain): Promise<Partial<abci.ResponseInitChain>> {
    const { genesis, application } = this.#options;
    const { height, appHash } = application.info();
    if (chainId !== genesis.chainId || initialHeight !== 1n || height !== 0)
      throw new Error(`the engine begins ${chainId} at ${initialHeight}, this ledger is ${genesis.chainId} at ${height}`);
    return { appHash, validators: [] };
  }

  async query(): Promise<Partial<abci.ResponseQuery>> {
    return { code: REFUSED, log: 'ask the node' };
  }

  async checkTx({ tx, type }: abci.RequestCheckTx): Promise<Partial<abci.ResponseCheckTx>> {
    if (type === abci.CheckTxType.RECHECK) return { code: OK };
    return { code: (await this.#options.application.checkTx(tx.slice())) ? OK : REFUSED, gasWanted: 1n };
  }

  async prepareProposal({ txs, maxTxBytes }: abci.RequestPrepareProposal): Promise<Partial<abci.ResponsePrepareProposal>> {
    this.#assertExecutable();
    return { txs: [...this.#options.application.prepareProposal(ownBytes(txs), Number(maxTxBytes))] };
  }

  async processProposal({ txs }: abci.RequestProcessProposal): Promise<Partial<abci.ResponseProcessProposal>> {
    this.#assertExecutable();
    const { ACCEPT, REJECT } = abci.ResponseProcessProposal_ProposalStatus;
    return { status: this.#options.application.processProposal(ownBytes(txs)) ? ACCEPT : REJECT };
  }

  async extendVote(): Promise<Partial<abci.ResponseExtendVote>> {
    throw new Error('vote extensions are off in the genesis');
  }

  async verifyVoteExtension(): Promise<Partial<abci.ResponseVerifyVoteExtension>> {
    throw new Error('vote extensions are off in the genesis');
  }

  async finalizeBlock(request: abci.RequestFinalizeBlock): Promise<Partial<abci.ResponseFinalizeBlock>> {
    const { application, lightBlockOf, onStep } = this.#options;
    const height = Number(request.height);
    onStep('finalize-asked', height);
    this.#assertExecutable();
    const [hash, transactions] = [request.hash.slice(), ownBytes(request.txs)];
    if (this.#executing === undefined || this.#executing.height !== height || !equalBytes(this.#executing.hash, hash))
      this.#executing = { height, hash, transactions, lightBlock: lightBlockOf(height, hash) };
    const { results, appHash, validatorUpdates, appVersion } = await application.finalizeBlock({
      height,
      timeUnixMs: unixMsOfMessage(request.time),
      transactions,
      misbehaviour: request.misbehavior.map(misbehaviourOf),
    });
    onStep('finalize-done', height);
    return {
      txResults: results.map((result) => abci.ExecTxResult.fromPartial(result)),
      validatorUpdates: validatorUpdates.map(({ publicKey, power }) =>
        abci.ValidatorUpdate.fromPartial({ pubKey: { ed25519: publicKey }, power }),
      ),
      appHash,
      ...(appVersion === undefined ? {} : { consensusParamUpdates: ConsensusParams.fromPartial({ version: { app: appVersion } }) }),
    };
  }

  async commit(): Promise<Partial<abci.ResponseCommit>> {
    const { application, onDurable, onStep } = this.#options;
    const executing = this.#executing;
    if (executing === undefined) throw new Error('commit without a block');
    const { height, hash, transactions } = executing;
    onStep('commit-asked', height);
    const lightBlock = await executing.lightBlock;
    const blockBytes = transactions.reduce((sum, { length }) => sum + length, 0);
    await application.commit({ height, hash, blockBytes, ...(lightBlock === undefined ? {} : { lightBlock }) });
    this.#executing = undefined;
    onStep('commit-durable', height);
    // The engine goes on meanwhile.
    setImmediate(() => onDurable(height, transactions));
    // The engine keeps every block: they are what a new node replays, and what events are read from.
    return { retainHeight: 0n };
  }

  async listSnapshots(): Promise<Partial<abci.ResponseListSnapshots>> {
    const listed = this.#options.snapshots?.listSnapshots() ?? [];
    return {
      snapshots: listed.map(({ height, format, chunkCount, hash, metadata }) => ({
        height: BigInt(height),
        format,
        chunks: chunkCount,
        hash,
        metadata,
      })),
    };
  }

  async offerSnapshot({ snapshot, appHash }: abci.RequestOfferSnapshot): Promise<Partial<abci.ResponseOfferSnapshot>> {
    const { snapshots } = this.#options;
    if (snapshots === undefined || snapshot === undefined) return { result: abci.ResponseOfferSnapshot_Result.ABORT };
    const { height, format, chunks, hash, metadata } = snapshot;
    const offered = { height: Number(height), format, chunkCount: chunks, hash: hash.slice(), metadata: metadata.slice() };
    return { result: OFFER_RESULTS[await snapshots.offer(offered, appHash.slice())] };
  }

  async loadSnapshotChunk(request: abci.RequestLoadSnapshotChunk): Promise<Partial<abci.ResponseLoadSnapshotChunk>> {
    const { height, format, chunk: index } = request;
    return { chunk: (await this.#options.snapshots?.loadChunk({ height: Number(height), format, index })) ?? new Uint8Array(0) };
  }

  async applySnapshotChunk(request: abci.RequestApplySnapshotChunk): Promise<Partial<abci.ResponseApplySnapshotChunk>> {
    const { snapshots } = this.#options;
    if (snapshots === undefined) return { result: abci.ResponseApplySnapshotChunk_Result.ABORT };
    const { index, chunk, sender } = request;
    const { result, rejectSenders } = await snapshots.applyChunk({ index, bytes: chunk.slice(), sender });
    const isRetried = result === 'retry';
    return { result: CHUNK_RESULTS[result], rejectSenders: [...rejectSenders], refetchChunks: isRetried ? [index] : [] };
  }
}
