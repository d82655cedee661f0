import { type Bytes, invariant, type Sha256 } from '@civitas/canon';
import { CACHED_PAGES_MAX } from './limits.ts';
import { decodePage, type Page, pageKey } from './page.ts';

/** Where the host keeps pages; the key is pageKey's. */
export interface PageStore {
  readPage(key: Bytes): Bytes | undefined;
}

/** Pages by path and version, the newest used kept decoded. A page never changes once written, so nothing is ever invalidated. */
export class PageReader {
  readonly #store: PageStore;
  readonly #sha256: Sha256;
  readonly #pages = new Map<string, Page>();
  readonly #pagesMax: number;

  constructor(store: PageStore, sha256: Sha256, pagesMax: number = CACHED_PAGES_MAX) {
    this.#store = store;
    this.#sha256 = sha256;
    this.#pagesMax = pagesMax;
  }

  /** @throws InvariantError when the page is not there: a kept root lost a page. */
  page(path: string, version: number): Page {
    const name = `${path}.${version}`;
    const cached = this.#pages.get(name);
    if (cached !== undefined) {
      this.#pages.delete(name);
      this.#pages.set(name, cached);
      return cached;
    }
    const bytes = this.#store.readPage(pageKey(path, version));
    invariant(bytes !== undefined, `state page ${name} is missing`);
    const page = decodePage(this.#sha256, bytes);
    this.remember(path, version, page);
    return page;
  }

  /** Keeps a page that was just made. */
  remember(path: string, version: number, page: Page): void {
    this.#pages.set(`${path}.${version}`, page);
    if (this.#pages.size <= this.#pagesMax) return;
    const oldest = this.#pages.keys().next();
    if (!oldest.done) this.#pages.delete(oldest.value);
  }
}
