import { waitFor } from '@civitas/testkit';
import { type ServiceError, status } from '@grpc/grpc-js';

/** For one operation on a loaded machine, over rounds of proposers that are gone; before the operation expires, ms. */
const ANSWER_MS = 120_000;

/** What says nothing of an operation's fate, or that the network stands still for the moment. */
const isPassing = ({ code, details }: ServiceError): boolean =>
  code === status.DEADLINE_EXCEEDED || code === status.UNAVAILABLE || details === 'HALTED';

/**
 * Calls again for as long as a node is late, away or halted.
 *
 * @param call of which a repeat does no more than its first, such as handing over an operation's same bytes.
 * @throws the first refusal that lasts; LateError when there is no answer that does.
 */
export async function lastingAnswer<T>(what: string, call: () => Promise<T>): Promise<T> {
  const answered = async (): Promise<PromiseSettledResult<T>> => {
    const [answer] = await Promise.allSettled([call()]);
    if (answer.status === 'rejected' && isPassing(answer.reason)) throw answer.reason;
    return answer;
  };
  const answer = await waitFor(what, answered, ANSWER_MS);
  if (answer.status === 'rejected') throw answer.reason;
  return answer.value;
}
