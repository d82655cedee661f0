import type { JsonObject } from './json.ts';

/** What the caller does next with input that was refused. */
export type RefusalThen = 'drop' | 'retry' | 'sync' | 'report';

/** Why input was turned down. `code` is API; `facts` hold no secrets and no personal data. */
export interface Refusal {
  readonly code: string;
  readonly facts: JsonObject;
  readonly then: RefusalThen;
}

export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export type Result<T> = { readonly ok: true; readonly value: T } | Refused;

export function accept<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** @param then what the caller should do; 'drop' unless waiting or catching up can help. */
export function refuse(code: string, facts: JsonObject = {}, then: RefusalThen = 'drop'): Refused {
  return { ok: false, refusal: { code, facts, then } };
}
