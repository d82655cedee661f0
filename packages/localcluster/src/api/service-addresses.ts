import { stringAt } from './json.ts';
import { invalidObject, invalidValue, StatusError } from './status-error.ts';
import type { ObjectStore } from './store.ts';

/**
 * Hands out Service addresses from an IPv4 range; what Services hold is read from the store, so nothing else is kept.
 *
 * @param cidr Like `127.40.7.0/24`; the first address is the API server's own, the last is left out.
 * @throws RangeError for text that is not a range.
 */
export function makeServiceAddresses(cidr: string, store: ObjectStore): { first: string; allocate: (wanted: string) => string } {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  const numbers = match?.slice(1).map(Number) ?? [];
  const [a = 256, b = 256, c = 256, d = 256, bits = 33] = numbers;
  if (Math.max(a, b, c, d) > 255 || bits > 30 || bits < 8)
    throw new RangeError(`${JSON.stringify(cidr)} is not an IPv4 range like 127.40.7.0/24`);
  const size = 2 ** (32 - bits);
  const base = Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / size) * size;
  const addressOf = (offset: number): string => [24, 16, 8, 0].map((shift) => Math.floor((base + offset) / 2 ** shift) % 256).join('.');
  const first = addressOf(1);
  const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return {
    first,
    allocate: (wanted) => {
      const taken = new Set(store.listHead('/services').map((service) => stringAt(service, 'spec', 'clusterIP')));
      if (wanted !== '') {
        const offset = numberOf(wanted) - base;
        const of = { group: '', plural: 'services', kind: 'Service', name: '' };
        if (!(offset > 0 && offset < size - 1))
          throw invalidObject(of, [
            invalidValue(
              'spec.clusterIPs',
              [wanted],
              `failed to allocate IP ${wanted}: the provided IP (${wanted}) is not in the valid range. The range of valid IPs is ${cidr}`,
            ),
          ]);
        if (taken.has(wanted))
          throw invalidObject(of, [
            invalidValue('spec.clusterIPs', [wanted], `failed to allocate IP ${wanted}: provided IP is already allocated`),
          ]);
        return wanted;
      }
      for (let offset = 2; offset < size - 1; offset += 1) if (!taken.has(addressOf(offset))) return addressOf(offset);
      throw new StatusError({ code: 500, reason: 'InternalError', message: `failed to allocate a serviceIP: range ${cidr} is full` });
    },
  };
}
