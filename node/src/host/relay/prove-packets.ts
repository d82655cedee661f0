import { PROOF_CALLS_IN_FLIGHT, PROOFS_PER_CALL } from './limits.ts';
import { mapConcurrently } from './map-concurrently.ts';
import type { LinkProof, NetworkClient, ProvenSpace } from './network-client.ts';

/** Proofs of any number of packets under one header, by sequence; those that this header does not prove are left out. */
export async function provePackets(
  network: Pick<NetworkClient, 'prove'>,
  space: ProvenSpace,
  query: { readonly peer: string; readonly sequences: readonly number[]; readonly headerHeight: number },
): Promise<ReadonlyMap<number, LinkProof>> {
  const { peer, sequences, headerHeight } = query;
  const calls: (readonly number[])[] = [];
  for (let at = 0; at < sequences.length; at += PROOFS_PER_CALL) calls.push(sequences.slice(at, at + PROOFS_PER_CALL));
  const proofs = new Map<number, LinkProof>();
  await mapConcurrently(calls, PROOF_CALLS_IN_FLIGHT, async (wanted) => {
    const shown = await network.prove(space, { peer, sequences: wanted, headerHeight });
    for (const [at, sequence] of wanted.entries()) {
      const proof = shown[at];
      if (proof !== undefined) proofs.set(sequence, proof);
    }
  });
  return proofs;
}
