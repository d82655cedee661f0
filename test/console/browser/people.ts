/** Somebody who signs in; what they choose is kept here. */
export interface Person {
  readonly username: string;
  password: string;
  nextCode?: () => string;
}
