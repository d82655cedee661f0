import { describe, expect, test } from '@jest/globals';
import { listFiles, nodeAt, parseSource, readSource, type SyntaxNode, textAt, visit } from '../../tools/reference/source-tree.ts';

const PERSONAL = /identifier|identityNumber|idNumber|idCard|medicalRecord|\bmrn\b|birthDate|phone|plateNumber|patient(Name|Id)/i;
const KEYED = /salt|hmac|key/i;
const HASHES: ReadonlySet<string> = new Set(['createHash', 'sha256', 'sha512', 'hash']);

function isHash(node: SyntaxNode): boolean {
  const callee = nodeAt(node, 'callee');
  const name = textAt(callee, 'value') ?? textAt(nodeAt(callee, 'property'), 'value') ?? '';
  return node.type === 'CallExpression' && HASHES.has(name);
}

/** Hashes over something that is called like an identifier, without a salt or a key: seconds undo them. */
function findUnsaltedHashes(text: string): readonly string[] {
  if (!PERSONAL.test(text)) return [];
  const source = parseSource(text);
  const bytes = Buffer.from(source.text);
  const found: string[] = [];
  visit(source.tree, (node) => {
    if (!isHash(node)) return;
    const { start, end } = node['span'] as { start: number; end: number };
    // A statement may go on after the call: createHash('sha256').update(identifier).
    const statement =
      bytes
        .subarray(start - source.baseOffset, end - source.baseOffset + 120)
        .toString()
        .split(/;|\n\n/)[0] ?? '';
    if (PERSONAL.test(statement) && !KEYED.test(statement)) found.push(statement);
  });
  return found;
}

describe('identifiers are never hashed without a salt or a key', () => {
  test('the rule sees a plain hash of an identity number', () => {
    expect(findUnsaltedHashes("const id = createHash('sha256').update(identityNumber).digest();")).toHaveLength(1);
    expect(findUnsaltedHashes('const id = crypto.sha256(utf8Encode(patient.identifier));')).toHaveLength(1);
    expect(findUnsaltedHashes('const id = crypto.sha256(concatBytes(salt, utf8Encode(patient.identifier)));')).toEqual([]);
  });

  test('the product holds to it', () => {
    const sources = listFiles().filter((path) => /^(cli|node|operator|contracts|packages)\/.*\.ts$/.test(path));
    expect(sources.flatMap((path) => findUnsaltedHashes(readSource(path)).map((hash) => `${path}: ${hash}`))).toEqual([]);
  });
});

describe('the tree tells nothing of the machines it was made on', () => {
  const texts = listFiles().filter((path) => !/\.(png|bin|ico)$/.test(path) && !path.startsWith('test/tidy/'));
  const linesWith = (pattern: RegExp): readonly string[] =>
    texts.flatMap((path) =>
      readSource(path)
        .split('\n')
        .filter((line) => pattern.test(line))
        .map((line) => `${path}: ${line.trim().slice(0, 160)}`),
    );

  test('no path of a machine', () => {
    expect(linesWith(/(?<![\w.}])\/(root|work|Users|home\/[a-z]+|tmp\/[a-z]+_)\//)).toEqual([]);
  });

  test('no host of a registry', () => {
    expect(linesWith(/https?:\/\/[\w.-]*(registry|artifactory|nexus|verdaccio|goproxy|proxy\.golang)[\w.-]*/)).toEqual([]);
  });
});
