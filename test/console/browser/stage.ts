import type { Locator, Page } from 'playwright-core';
import type { Person } from './people.ts';

/** A console with its identity provider: what journeys need that run on both. */
export interface Stage {
  /** Origin of the console. */
  readonly url: string;
  /** Walks whatever the provider asks, until the console is back. */
  walkSignIn(page: Page, person: Person): Promise<void>;
}

/** Presses the button of a dialog for something that takes a second factor, gives that where it is asked for, and comes back. */
export async function confirmWithFactor(page: Page, stage: Stage, { button, person }: { button: Locator; person: Person }): Promise<void> {
  await button.click();
  // The second factor still counts, or the provider asks for it again: the dialog goes either way.
  await button.waitFor({ state: 'detached' });
  await stage.walkSignIn(page, person);
}
