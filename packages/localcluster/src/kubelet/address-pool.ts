/** Pod addresses: one of the pod range for each namespace/name, the same one for ever. */

import { existsSync, readFileSync } from 'node:fs';
import { writeDurably } from './durable-file.ts';

export interface AddressPool {
  /**
   * The pod's address, chosen at first sight and then kept over restarts and re-creations.
   *
   * @param inUse Pod keys that exist now: when the range is full, an address of a pod that is not among them is taken over.
   * @throws RangeError when every address belongs to an existing pod.
   */
  addressOf(podKey: string, inUse: ReadonlySet<string>): string;
  readonly size: number;
}

/**
 * @param cidr IPv4, prefix 8 … 30, `127.40.6.0/24`. The first and the last address are not given out.
 * @param path Where assignments are kept; absent at first.
 */
export function openAddressPool(cidr: string, path: string): AddressPool {
  const { first, count } = rangeOf(cidr);
  const kept: Record<string, string> = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const addressByPod = new Map(Object.entries(kept).filter(([, address]) => isInside(address, first, count)));
  const podByAddress = new Map([...addressByPod].map(([pod, address]) => [address, pod]));

  const free = (inUse: ReadonlySet<string>): string => {
    for (let offset = 0; offset < count; offset++) {
      const address = textOf(first + offset);
      if (!podByAddress.has(address)) return address;
    }
    for (const [address, pod] of podByAddress) {
      if (inUse.has(pod)) continue;
      addressByPod.delete(pod);
      return address;
    }
    throw new RangeError(`all ${count} addresses of ${cidr} belong to existing pods`);
  };

  return {
    size: count,
    addressOf(podKey, inUse) {
      const known = addressByPod.get(podKey);
      if (known !== undefined) return known;
      const address = free(inUse);
      addressByPod.set(podKey, address);
      podByAddress.set(address, podKey);
      writeDurably(path, JSON.stringify(Object.fromEntries(addressByPod)));
      return address;
    },
  };
}

function rangeOf(cidr: string): { first: number; count: number } {
  const [base = '', prefix = ''] = cidr.split('/');
  const bits = 32 - Number(prefix);
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(base) || !(bits >= 2 && bits <= 24))
    throw new RangeError(`${cidr} is not an IPv4 range of prefix 8 … 30`);
  const start = Math.floor(numberOf(base) / 2 ** bits) * 2 ** bits;
  return { first: start + 1, count: 2 ** bits - 2 };
}

function isInside(address: string, first: number, count: number): boolean {
  const value = numberOf(address);
  return value >= first && value < first + count;
}

function numberOf(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

function textOf(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
