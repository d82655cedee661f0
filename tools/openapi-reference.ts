// Writes docs/reference/openapi.json: the console's API as its contract says it.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openApi } from '@civitas/console-contract';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
writeFileSync(join(root, 'docs/reference/openapi.json'), `${JSON.stringify(openApi(), null, 2)}\n`);
