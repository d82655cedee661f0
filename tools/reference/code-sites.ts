import { listFiles, nodeAt, nodesAt, parseSource, readSource, type SyntaxNode, textAt, visit } from './source-tree.ts';

/** One place where a code arises. */
export interface CodeSite {
  readonly code: string;
  readonly file: string;
  /** Names of its facts as far as they are written there. */
  readonly facts: readonly string[];
  /** What the caller is told to do; undefined where it is decided elsewhere. */
  readonly then: string | undefined;
  /** The word of a contract's refusal. */
  readonly reason: string | undefined;
}

const CODE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;
// Position of the code among the arguments of each function and error that makes a refusal or a fault.
const CODE_ARGUMENT: Readonly<Record<string, number>> = {
  refuse: 0,
  refused: 0,
  error: 0,
  no: 0,
  deny: 0,
  DoorRefusal: 0,
  Fault: 0,
  BackupFault: 0,
  IdentityFault: 0,
  StartRefused: 0,
  GatewayError: 1,
};
const SPOKEN_OF =
  /^(packages\/(backup|canon|proofs|deployment|identity|local-identity|sealed-call)|contracts|node|cli|tools\/start)(\/|\.ts$)/;

export function isProductSource(file: string): boolean {
  return SPOKEN_OF.test(file) && file.endsWith('.ts') && !/\.test\.ts$|\/testing\/|\/test\//.test(file);
}

/** String literals of an expression, through both arms of a condition. */
function literalsOf(expression: SyntaxNode | undefined): readonly string[] {
  if (expression?.type === 'StringLiteral') return [textAt(expression, 'value') ?? ''];
  if (expression?.type !== 'ConditionalExpression') return [];
  return [...literalsOf(nodeAt(expression, 'consequent')), ...literalsOf(nodeAt(expression, 'alternate'))];
}

function propertyName(property: SyntaxNode): string {
  return textAt(property, 'value') ?? textAt(nodeAt(property, 'key'), 'value') ?? '';
}

function factsOf(expression: SyntaxNode | undefined): readonly string[] {
  if (expression?.type !== 'ObjectExpression') return [];
  return nodesAt(expression, 'properties')
    .map(propertyName)
    .filter((name) => name !== '');
}

function sitesOfCall(node: SyntaxNode, file: string): readonly CodeSite[] {
  const callee = nodeAt(node, 'callee');
  const name = textAt(callee, 'value') ?? '';
  const args = (Array.isArray(node['arguments']) ? node['arguments'] : []).map((argument: { expression?: unknown }) =>
    nodeAt({ type: '', ...argument }, 'expression'),
  );
  if (name === 'wrongState' || name === 'absent') {
    const reason = name === 'absent' ? 'absent' : 'wrong-status';
    return [{ code: 'STATE', file, facts: [], then: 'drop', reason }];
  }
  const position = CODE_ARGUMENT[name];
  if (position === undefined) return [];
  const isDomain = name === 'no' || name === 'deny';
  const [reason] = isDomain ? literalsOf(args[position + 1]) : [];
  const facts = factsOf(args[position + (isDomain ? 2 : 1)]);
  const [then] = literalsOf(args[position + 2]);
  const isRefusal = name === 'refuse' || name === 'refused';
  const thenOf = (code: string): string | undefined => {
    if (isDomain) return code === 'LIMIT' ? 'retry' : 'drop';
    return isRefusal ? (then ?? 'drop') : undefined;
  };
  return literalsOf(args[position])
    .filter((code) => CODE.test(code))
    .map((code) => ({ code, file, facts, then: thenOf(code), reason }));
}

/** `{ code: 'X', facts, then: 'y' }` written out. */
function sitesOfObject(node: SyntaxNode, file: string): readonly CodeSite[] {
  const values = new Map(nodesAt(node, 'properties').map((property) => [propertyName(property), nodeAt(property, 'value')]));
  if (!values.has('facts') || !values.has('then')) return [];
  const [then] = literalsOf(values.get('then'));
  return literalsOf(values.get('code')).map((code) => ({ code, file, facts: factsOf(values.get('facts')), then, reason: undefined }));
}

function sitesOfFile(file: string): readonly CodeSite[] {
  const text = readSource(file);
  if (!/['"][A-Z]|wrongState|absent/.test(text)) return [];
  const sites: CodeSite[] = [];
  visit(parseSource(text).tree, (node) => {
    if (node.type === 'CallExpression' || node.type === 'NewExpression') sites.push(...sitesOfCall(node, file));
    else if (node.type === 'ObjectExpression') sites.push(...sitesOfObject(node, file));
  });
  return sites;
}

/** Every place in the product where a code arises, by file. */
export function findCodeSites(): readonly CodeSite[] {
  return listFiles().filter(isProductSource).flatMap(sitesOfFile);
}
