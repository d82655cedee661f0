// Environment of this suite: a file begins once it has its place on the machine, of which there are two; one that runs alone takes both.
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import SecondTryEnvironment from '../second-try.mjs';
import { isAlone } from './order.mjs';

const PLACES = [0, 1];
const LOOK_AGAIN_MS = 100;

/** A name in the kernel's abstract namespace is gone with the process that holds it. @returns undefined while another has it. */
function take(place) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    // Workers of one run have one parent.
    server.listen(`\0civitas-consensus-${process.ppid}-${place}`, () => resolve(server));
  });
}

async function takeOneOf(places) {
  for (;;) {
    for (const place of places) {
      const taken = await take(place);
      if (taken !== undefined) return taken;
    }
    await pause(LOOK_AGAIN_MS);
  }
}

export default class PlacesEnvironment extends SecondTryEnvironment {
  #wanted;
  #taken = [];

  constructor(config, context) {
    super(config, context);
    // In order, so that two that want both do not wait for each other.
    this.#wanted = isAlone(context.testPath) ? PLACES.map((place) => [place]) : [PLACES];
  }

  async setup() {
    await super.setup();
    for (const places of this.#wanted) this.#taken.push(await takeOneOf(places));
  }

  async teardown() {
    for (const server of this.#taken.splice(0)) server.close();
    await super.teardown();
  }
}
