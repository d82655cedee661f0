import { nodeAt, parseSource, readSource, type SyntaxNode, textAt, visit } from '../../tools/reference/source-tree.ts';

export interface FunctionSize {
  readonly name: string;
  readonly lines: number;
}

const FUNCTIONS: ReadonlySet<string> = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

interface Span {
  readonly start: number;
  readonly end: number;
}

function spanOf(node: SyntaxNode): Span {
  return node['span'] as Span;
}

/** The function a node names: a declaration, a method, or a variable or property that holds one. */
function namedFunction(node: SyntaxNode): { readonly name: string; readonly span: Span } | undefined {
  const named = (field: string): string => textAt(nodeAt(node, field), 'value') ?? 'constructor';
  if (node.type === 'FunctionDeclaration') return { name: named('identifier'), span: spanOf(node) };
  if (node.type === 'ClassMethod' || node.type === 'PrivateMethod' || node.type === 'MethodProperty' || node.type === 'Constructor') {
    const isPrivate = node.type === 'PrivateMethod';
    return { name: isPrivate ? (textAt(nodeAt(nodeAt(node, 'key'), 'id'), 'value') ?? '#') : named('key'), span: spanOf(node) };
  }
  const value = nodeAt(node, node.type === 'VariableDeclarator' ? 'init' : 'value');
  if (value === undefined || !FUNCTIONS.has(value.type)) return undefined;
  return { name: named(node.type === 'VariableDeclarator' ? 'id' : 'key'), span: spanOf(value) };
}

/** Lines of each named function of a file above `linesMin` lines, from signature to closing brace. */
export function measureFunctions(path: string, linesMin: number): readonly FunctionSize[] {
  if (measureLines(path) <= linesMin) return [];
  const source = parseSource(readSource(path));
  const bytes = Buffer.from(source.text);
  const sizes: FunctionSize[] = [];
  visit(source.tree, (node) => {
    const found = namedFunction(node);
    if (found === undefined) return;
    const text = bytes.subarray(found.span.start - source.baseOffset, found.span.end - source.baseOffset).toString();
    const lines = text.split('\n').length;
    if (lines > linesMin) sizes.push({ name: found.name, lines });
  });
  return sizes;
}

export function measureLines(path: string): number {
  return readSource(path).trimEnd().split('\n').length;
}
