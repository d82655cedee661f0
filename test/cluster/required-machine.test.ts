import { expect, test } from '@jest/globals';
import { assertMachine } from './machine/required-machine.ts';

test('a machine without root or containers is told everything it lacks at once', () => {
  expect(() => assertMachine('/nowhere', 1000)).toThrow('needs root, containerd, ctr, runc, nft, ip, nsenter, openssl, sysctl');
});
