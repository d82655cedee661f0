import { base64urlEncode, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { decodeLightBlock, proofFromJson, type Receipt, verifyAbsence } from '@civitas/proofs';
import type { NetworkClient } from './network-client.ts';

/** A sequence that no packet ever has: the absence of its commitment is what the source proves. */
const NO_SEQUENCE = 999_999_999_999;
/** Pseudonym under which synthetic operations stand in the blocks. */
const ACTOR = 'probe';

/** A probe got an answer that is not the one a sound network gives. */
export class ProbeFailed extends Error {
  readonly code: string;

  constructor(where: string, code: string) {
    super(`${where}: ${code}`);
    this.name = 'ProbeFailed';
    this.code = code;
  }
}

function assertDone(where: string, { outcome }: Receipt): void {
  if (!outcome.ok) throw new ProbeFailed(where, outcome.refusal.code);
}

/**
 * A synthetic operation: `links@v1 update` with nothing to update. It is signed, admitted, ordered, executed by every validator and
 * answered with a receipt like any other, and leaves no record but its entry against replay, which expires within a minute.
 *
 * @throws GatewayError or ProbeFailed.
 */
export async function probeNetwork(network: NetworkClient): Promise<void> {
  assertDone(network.network, await network.deliver('update', { updates: [] }, ACTOR));
}

/**
 * A synthetic packet: the source proves, under the header that the destination's client stands at, that a packet which was never sent is
 * not there; the destination's validators verify that header again against their client. That is the way of a packet but for what a
 * packet leaves behind for ever, its receipt and its acknowledgement.
 *
 * @returns whether there was a link to try: it is there once both sides hold a client that has heard of the other.
 * @throws GatewayError or ProbeFailed.
 */
export async function probeLink(source: NetworkClient, destination: NetworkClient): Promise<boolean> {
  const client = (await destination.peers()).find(({ chainId }) => chainId === source.chainId);
  if (client === undefined || client.clientHeight === 0n) return false;
  if (client.status !== 'Active') throw new ProbeFailed(destination.network, `CLIENT_${client.status.toUpperCase()}`);
  const header = await source.headerAt(Number(client.clientHeight));
  const query = { peer: destination.chainId, sequences: [NO_SEQUENCE], headerHeight: header.height };
  const [shown] = await source.prove('packet', query);
  const decoded = decodeLightBlock(header.lightBlock);
  const proof = shown === undefined ? undefined : proofFromJson(shown.proof);
  const key = utf8Encode(`links/${destination.chainId}/out/${NO_SEQUENCE}`);
  if (
    !decoded.ok ||
    proof?.ok !== true ||
    !verifyAbsence(nodeCrypto.sha256, { root: decoded.value.header.appHash, key, proof: proof.value })
  )
    throw new ProbeFailed(source.network, 'PROOF_INVALID');
  const updates = [{ peer: source.chainId, lightBlocks: [base64urlEncode(header.lightBlock)] }];
  assertDone(destination.network, await destination.deliver('update', { updates }, ACTOR));
  return true;
}
