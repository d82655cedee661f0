/** The city cannot start for a reason the person at the terminal can act on. Shown without a stack; exit code 1. */
export class StartRefused extends Error {
  readonly code: 'ALREADY_RUNNING' | 'HOME_FORMAT' | 'PORT_TAKEN' | 'NOT_LINUX' | 'CASE_UNVERIFIED' | 'TIMED_OUT' | 'BAD_ARGUMENT';

  constructor(code: StartRefused['code'], message: string) {
    super(message);
    this.name = 'StartRefused';
    this.code = code;
  }
}
