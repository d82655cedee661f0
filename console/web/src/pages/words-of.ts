import type { Condition } from '@civitas/console-contract';
import { findWords } from '../i18n/index.ts';
import type { Language } from '../i18n/language.ts';

/** Words of cases and of what a citizen sees. */
type CaseWord =
  | 'caseKind'
  | 'caseStage'
  | 'caseStep'
  | 'caseField'
  | 'caseChoice'
  | 'caseStatus'
  | 'ground'
  | 'explanation'
  | 'predicate'
  | 'purpose'
  | 'basis';

/** A word of the machines in the person's language; the word itself when there is none. */
export function wordOf(
  kind:
    | 'phase'
    | 'domain'
    | 'engine'
    | 'role'
    | 'nodeRole'
    | 'ledgerRole'
    | 'organisation'
    | 'client'
    | 'condition'
    | 'action'
    | 'proposal'
    | 'stage'
    | CaseWord,
  word: string,
): string {
  return findWords(`${kind}.${word}`) ?? word;
}

/** What a condition says: in English the operator's own sentence, which has names and numbers; else the sentence for its reason. */
export function sentenceOf(condition: Pick<Condition, 'reason' | 'message'>, language: Language): string {
  const words = findWords(`reason.${condition.reason}`);
  if (language === 'en') return condition.message === '' ? (words ?? condition.reason) : condition.message;
  return words ?? findWords('reason.other') ?? condition.reason;
}
