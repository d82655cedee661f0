import type { Page } from 'playwright-core';

interface Held {
  readonly method: 'GET' | 'DELETE';
  readonly path: string;
}

/** Holds requests of the page back on their way. @returns lets them go on. */
export async function holdBack(page: Page, { method, path }: Held): Promise<() => void> {
  const { promise: isReleased, release } = aGate();
  await page.route(path, async (route) => {
    if (route.request().method() === method) await isReleased;
    await route.fallback();
  });
  return release;
}

function aGate(): { readonly promise: Promise<void>; readonly release: () => void } {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, release: () => open() };
}
