import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Compares text with a checked-in golden file.
 *
 * CIVITAS_UPDATE_GOLDEN=1 writes it instead; the diff is then read in review.
 * @throws Error naming the first line that differs, or a file that is missing.
 */
export function expectGolden(file: URL, actual: string): void {
  const path = fileURLToPath(file);
  if (process.env['CIVITAS_UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
    return;
  }
  const expected = readFileSync(path, 'utf8');
  if (expected === actual) return;
  const expectedLines = expected.split('\n');
  const actualLines = actual.split('\n');
  const line = actualLines.findIndex((text, index) => text !== expectedLines[index]);
  const at = line < 0 ? actualLines.length : line;
  throw new Error(`${path}:${at + 1}\n  expected ${expectedLines[at] ?? '(end)'}\n  got      ${actualLines[at] ?? '(end)'}`);
}
