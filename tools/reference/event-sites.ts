import { listFiles, nodeAt, parseSource, readSource, type SyntaxNode, textAt, visit } from './source-tree.ts';

/** One place where an event is logged, by its name or by the sentence of the Kubernetes runtime. */
export interface EventSite {
  readonly text: string;
  readonly kind: 'name' | 'sentence';
  readonly file: string;
}

const METHODS: ReadonlySet<string> = new Set(['debug', 'info', 'warn', 'error', 'fatal']);
const LOGGED = /^(packages|node|operator|console\/api|tools\/start)\//;
// Functions that hand an event or a sentence on to a log, with the position of that argument.
const HANDED_ON: Readonly<Record<string, number>> = { log: 0, fail: 0, '#report': 1, '#warn': 1 };

function literalsOf(expression: SyntaxNode | undefined): readonly string[] {
  if (expression?.type === 'StringLiteral') return [textAt(expression, 'value') ?? ''];
  if (expression?.type !== 'ConditionalExpression') return [];
  return ['consequent', 'alternate'].flatMap((arm) => literalsOf(nodeAt(expression, arm)));
}

function nameOf(expression: SyntaxNode | undefined): string {
  if (expression?.type === 'Identifier') return textAt(expression, 'value') ?? '';
  if (expression?.type === 'PrivateName') return `#${textAt(expression, 'value') ?? ''}`;
  if (expression?.type !== 'MemberExpression') return '';
  return nameOf(nodeAt(expression, 'property'));
}

/** Arguments of a call; swc wraps each without a type of its own. */
function argumentsOf(call: SyntaxNode): readonly (SyntaxNode | undefined)[] {
  const wrapped = call['arguments'];
  return Array.isArray(wrapped) ? wrapped.map((argument) => nodeAt(argument as SyntaxNode, 'expression')) : [];
}

/** Whether it is a log: `log`, `this.log`, `context.log`, `this.#log`, `base.log`, `logger`. */
function isLog(expression: SyntaxNode | undefined): boolean {
  return /^#?log(ger)?$/.test(nameOf(expression));
}

function sitesIn(file: string): readonly EventSite[] {
  const sites: EventSite[] = [];
  const add = (texts: readonly string[], kind: EventSite['kind']): void => {
    for (const text of texts) sites.push({ text, kind, file });
  };
  visit(parseSource(readSource(file)).tree, (node) => {
    if (node.type !== 'CallExpression') return;
    const callee = nodeAt(node, 'callee');
    const args = argumentsOf(node);
    const name = nameOf(callee);
    if (callee?.type === 'MemberExpression' && METHODS.has(name) && isLog(nodeAt(callee, 'object'))) {
      add(literalsOf(args[0]), 'name');
      if (literalsOf(args[0]).length === 0)
        add(literalsOf(args[1]), /^[a-z]+(-[a-z]+)+$/.test(literalsOf(args[1])[0] ?? '') ? 'name' : 'sentence');
      return;
    }
    const at = HANDED_ON[name];
    if (at !== undefined) add(literalsOf(args[at]), at === 0 ? 'name' : 'sentence');
  });
  return sites;
}

/** Every event that code of ours logs, as far as it is written out there. */
export function findEventSites(): readonly EventSite[] {
  const files = listFiles().filter(
    (file) => LOGGED.test(file) && file.endsWith('.ts') && !/\.test\.ts$|\.fixture\.ts$|\/testing\//.test(file),
  );
  return files.flatMap(sitesIn);
}
