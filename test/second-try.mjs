// Environment of the suites on real servers: a test that ran out of time is played once more, for the machine may have been busy; one that
// failed of anything else has failed (docs/adr/0019).
import { TestEnvironment } from 'jest-environment-node';
import { LastingErrors } from '../packages/testkit/src/lasting-errors.ts';

const RETRY_TIMES = Symbol.for('RETRY_TIMES');
const RETRY_IMMEDIATELY = Symbol.for('RETRY_IMMEDIATELY');
const LOG_ERRORS_BEFORE_RETRY = Symbol.for('LOG_ERRORS_BEFORE_RETRY');

export default class SecondTryEnvironment extends TestEnvironment {
  #lasting = new LastingErrors();

  async setup() {
    await super.setup();
    this.global[RETRY_TIMES] = 1;
    this.global[RETRY_IMMEDIATELY] = true;
    this.global[LOG_ERRORS_BEFORE_RETRY] = true;
  }

  handleTestEvent({ name, test }) {
    if (name === 'test_done') this.#lasting.ended(test);
    if (name === 'run_finish') this.#lasting.giveBack();
  }
}
