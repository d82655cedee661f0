import type { FieldProblem } from '../api/problem.ts';
import { findWords } from '../i18n/index.ts';
import type { Language } from '../i18n/language.ts';

/**
 * The words for what is wrong with a field. What breaks a rule is best said by the rule's own sentence, which servers have in English alone:
 * in another language the words say that much, and the sentence stands among the details.
 */
export function fieldWords({ code, detail }: Pick<FieldProblem, 'code' | 'detail'>, language: Language): string {
  if (code === 'rule' && language === 'en' && detail !== '') return detail;
  return findWords(`problem.field.${code}`) ?? detail;
}
