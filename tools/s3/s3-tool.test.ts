import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findS3Tool, S3_BUILD, S3_VERSION } from './s3-tool.ts';

test('the module requires the release that the tests name, and pins it', () => {
  expect(readFileSync(join(S3_BUILD.sources, 'go.mod'), 'utf8')).toContain(`github.com/versity/versitygw v${S3_VERSION}\n`);
  expect(readFileSync(join(S3_BUILD.sources, 'go.sum'), 'utf8')).toContain(`github.com/versity/versitygw v${S3_VERSION} h1:`);
});

test('the server is not there where nothing was built', () => {
  expect(findS3Tool('/nowhere')).toBeUndefined();
});
