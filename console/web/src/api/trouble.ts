import type { Trouble } from '../ui/states.tsx';
import { ApiProblem, Disconnected } from './problem.ts';

/** An error of the API as pages show it. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof Disconnected) return { kind: 'disconnected' };
  if (!(error instanceof ApiProblem))
    return { kind: 'failed', code: 'UNEXPECTED', detail: error instanceof Error ? error.message : String(error) };
  if (error.status === 403) return { kind: 'forbidden', detail: '' };
  if (error.status === 404) return { kind: 'notFound' };
  return { kind: 'failed', code: error.code, detail: error.detail };
}
