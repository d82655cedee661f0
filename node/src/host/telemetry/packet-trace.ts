import { type Bytes, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';

/**
 * What stands for a packet where traces are made: both networks and every relay come to the same 32 bytes by themselves, so that a trace
 * of either network links to the packet's without anything being sent along.
 */
export function packetTraceOf(source: string, destination: string, sequence: number): Bytes {
  return nodeCrypto.sha256(utf8Encode(`packet ${source} ${destination} ${sequence}`));
}
