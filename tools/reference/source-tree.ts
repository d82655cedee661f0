import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Module, parseSync } from '@swc/core';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Files of the repository that are, or are about to be, committed, in order, without what is generated. */
export function listFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  const files = [...new Set(listed.split('\0'))].filter((path) => path !== '' && existsSync(join(ROOT, path)));
  return files.filter((path) => !path.startsWith('proto/gen/')).sort();
}

export function readSource(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** A node of a syntax tree: `type` and whatever that type has. */
export type SyntaxNode = Readonly<Record<string, unknown>> & { readonly type: string };

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** The node below this field; undefined where there is none. */
export function nodeAt(node: SyntaxNode | undefined, field: string): SyntaxNode | undefined {
  const value = node?.[field];
  return isNode(value) ? value : undefined;
}

/** The nodes of a list field. */
export function nodesAt(node: SyntaxNode | undefined, field: string): readonly SyntaxNode[] {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function textAt(node: SyntaxNode | undefined, field: string): string | undefined {
  const value = node?.[field];
  return typeof value === 'string' ? value : undefined;
}

/** The text with its tree. Offsets in spans count bytes from `baseOffset`. */
export interface ParsedSource {
  readonly text: string;
  readonly tree: Module;
  readonly baseOffset: number;
}

/** Parses one file. The leading semicolon makes the tree begin where the file does, and is taken off by `baseOffset`. */
export function parseSource(text: string): ParsedSource {
  const tree = parseSync(`;${text}`, { syntax: 'typescript', target: 'es2022' });
  return { text, tree, baseOffset: tree.span.start + 1 };
}

/** Visits every node below a value, parents first. */
export function visit(value: unknown, each: (node: SyntaxNode) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) visit(item, each);
    return;
  }
  if (isNode(value)) each(value);
  for (const [field, child] of Object.entries(value)) if (field !== 'span') visit(child, each);
}
