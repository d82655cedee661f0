/** What a reason of a condition means and what a person does about it: whole sentences, without the facts of the case. */
export interface ReasonText {
  readonly means: string;
  readonly then: string;
}

export type ReasonTexts = Readonly<Record<string, ReasonText>>;

/** A condition: the status in which nothing is to be said, and what it is about. */
export interface ConditionText {
  readonly green: 'True' | 'False';
  readonly about: string;
}

export const NOTHING = 'Nothing: it goes on by itself.';
