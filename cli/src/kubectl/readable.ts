import { isApiError } from '@civitas/kube';
import { EXIT } from '../exit-codes.ts';
import { Fault } from '../fault.ts';

/** What an error of the API server means to a person. @returns the error itself when it is none of those. */
export function readable(error: unknown): unknown {
  if (!isApiError(error)) return error;
  const { status, reason, message, causes } = error;
  const facts = { status, reason };
  if (status === 0 || status >= 500 || status === 429)
    return new Fault('CALL_FAILED', `the Kubernetes API does not answer as it should: ${message}`, { facts, cause: error });
  // Rules of the schema say by themselves what is wrong; the sentence around them only repeats the object.
  const said = causes.flatMap(({ message: text, field }) =>
    text === undefined ? [] : [text.replace(/^Invalid value: (?:"[^"]*": )?/, '') + at(field)],
  );
  const text = reason === 'Invalid' && said.length > 0 ? [...new Set(said)].join('; ') : message;
  return new Fault('CLUSTER_REFUSED', `refused: ${text}`, { facts, cause: error, exitCode: EXIT.refused });
}

function at(field: string | undefined): string {
  return field === undefined || field === '' || field === 'spec' ? '' : ` (${field})`;
}
