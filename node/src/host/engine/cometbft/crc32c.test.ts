import { expect, test } from '@jest/globals';
import { crc32c } from './crc32c.ts';

// RFC 3720, appendix B.4, and the check value of the polynomial's catalogue entry.
test.each([
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['zeros', Buffer.alloc(32), 0x8a9136aa],
  ['ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['counting up', Buffer.from(Array.from({ length: 32 }, (_, byte) => byte)), 0x46dd794e],
  ['counting down', Buffer.from(Array.from({ length: 32 }, (_, byte) => 31 - byte)), 0x113fdb5c],
  ['nothing', Buffer.alloc(0), 0],
])('the sum of %s is the one that others compute', (_, bytes, sum) => {
  expect(crc32c(bytes)).toBe(sum);
});
