import type { CaseField, CaseForm } from '@civitas/console-contract';

/** What is typed into a form, by field, as it stands in its inputs. */
export type Typed = Readonly<Record<string, string>>;

const FEN_PER_YUAN = 100;
/** The city's time, which its people type and read. */
const CITY_OFFSET = '+08:00';

/** The value that the API takes for what was typed; undefined for what is none. */
export function valueOf(
  { kind, pattern, minimum = 0, maximum = Number.MAX_SAFE_INTEGER, choices = [] }: CaseField,
  typed: string,
): string | number | undefined {
  const text = typed.trim();
  if (kind === 'choice') return choices.includes(text) ? text : undefined;
  if (kind === 'text' || kind === 'digest')
    return text !== '' && (pattern === undefined || new RegExp(pattern).test(text)) ? text : undefined;
  if (text === '') return undefined;
  const value = kind === 'time' ? Date.parse(`${text}${CITY_OFFSET}`) : kind === 'money' ? fenOf(text) : Number(text);
  return Number.isSafeInteger(value) && value >= minimum && value <= maximum ? value : undefined;
}

function fenOf(yuan: string): number {
  const parts = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(yuan);
  return parts === null ? Number.NaN : Number(parts[1]) * FEN_PER_YUAN + Number((parts[2] ?? '').padEnd(2, '0'));
}

/** What a form begins with: the first choice where there are choices. */
export function firstTyped({ fields }: CaseForm): Typed {
  return Object.fromEntries(fields.map(({ name, choices }) => [name, choices?.[0] ?? '']));
}

/** Values of a form that is filled in; undefined while something is missing or wrong. */
export function valuesOf({ fields }: CaseForm, typed: Typed): Readonly<Record<string, string>> | undefined {
  const values: Record<string, string> = {};
  for (const field of fields) {
    const value = valueOf(field, typed[field.name] ?? '');
    if (value === undefined) return undefined;
    values[field.name] = String(value);
  }
  return values;
}

/** What may be kept in the browser's storage: nothing that is private. */
export function keepable({ fields }: CaseForm, typed: Typed): Typed {
  const open = new Set(fields.filter(({ isPrivate }) => !isPrivate).map(({ name }) => name));
  return Object.fromEntries(Object.entries(typed).filter(([name]) => open.has(name)));
}
