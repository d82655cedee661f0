import type { ApiCalls } from '../api-calls.ts';

/** An API server that cases are run against: this package's, or the real one. */
export interface ConformanceServer extends ApiCalls {
  readonly is: 'localcluster' | 'kubernetes';
  readonly kubeconfigPath: string;
  /** A folder for files of a case; goes with the server. */
  readonly home: string;
}
