import type { ServerResponse } from 'node:http';
import { type ApiObject, isObject, type Json, type JsonObject, numberAt, stringAt } from './json.ts';
import { bookmarkIntervalMs, listPageMax, watchBacklogBytesMax, watchCountMax, watchTimeoutMs } from './limits.ts';
import { type ApiRequest, isTrue, type Target } from './request.ts';
import { apiVersionOf, type ResourceType, storeNameOf } from './resource.ts';
import { parseFieldSelector, parseLabelSelector } from './selector.ts';
import { badRequest, expired, notFound, StatusError, tooManyRequests } from './status-error.ts';
import { nameKey, type ObjectStore, type StoreEvent } from './store.ts';
import { type Form, formOf, remainingMeta, servedAs, shownList, shownObject } from './table.ts';
import { resourceName } from './write.ts';

interface Selection {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly matches: (object: ApiObject) => boolean;
  readonly form: Form;
  readonly include: string | null;
}

function selectionOf(type: ResourceType, target: Target, request: ApiRequest): Selection {
  const labels = parseLabelSelector(request.query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(request.query.get('fieldSelector') ?? '', type.kind);
  const { name } = target;
  return {
    type,
    namespace: target.namespace,
    matches: (object) =>
      (target.namespace === undefined || object.metadata.namespace === target.namespace) &&
      (name === undefined || object.metadata.name === name) &&
      labels(object.metadata.labels ?? {}) &&
      fields(object),
    form: formOf(request.headers.accept),
    include: request.query.get('includeObject'),
  };
}

/** GET of one object. @throws StatusError 404 */
export function getObject(store: ObjectStore, type: ResourceType, target: Target & { name: string }, request: ApiRequest): Json {
  const object = store.find(storeNameOf(type), type.namespaced ? (target.namespace ?? '') : undefined, target.name);
  if (object === undefined) throw notFound(resourceName(type, target.name));
  return shownObject(type, servedAs(object, apiVersionOf(type)), {
    form: formOf(request.headers.accept),
    include: request.query.get('includeObject'),
  });
}

/**
 * GET of a list, in pages where `limit` asks for them. A page is of the present, with the version of the first: a watch from that
 * version replays what changed between pages.
 *
 * @throws StatusError 400 for a selector or token that is none, 410 when the first page is too old.
 */
export function listObjects(store: ObjectStore, type: ResourceType, target: Target, request: ApiRequest): JsonObject {
  const selection = selectionOf(type, target, request);
  const limit = wholeNumber(request.query.get('limit'), 'limit') || listPageMax;
  wholeNumber(request.query.get('resourceVersion'), 'resourceVersion');
  const page = pageStart(request.query.get('continue'));
  const version = page?.version ?? store.version;
  if (page !== undefined) refuseOldPage(store, type, page.version);
  const all = store
    .list(storeNameOf(type), target.namespace)
    .filter((object) => selection.matches(object) && (page === undefined || keyOf(object) > page.after));
  const shown = all.slice(0, Math.min(limit, listPageMax));
  const last = shown.at(-1);
  const rest =
    last === undefined || shown.length === all.length
      ? undefined
      : { token: pageToken(version, keyOf(last)), count: all.length - shown.length };
  const apiVersion = apiVersionOf(type);
  return shownList(
    type,
    shown.map((object) => servedAs(object, apiVersion)),
    { form: selection.form, include: selection.include, listMeta: remainingMeta(String(version), rest), apiVersion },
  );
}

/** @throws StatusError 400 for what is no number from 0. */
function wholeNumber(text: string | null, parameter: string): number {
  const value = Number(text ?? 0);
  if (!Number.isInteger(value) || value < 0) throw badRequest(`${parameter}: Invalid value: ${JSON.stringify(text)}: invalid syntax`);
  return value;
}

function keyOf(object: ApiObject): string {
  return nameKey(object.metadata.namespace, object.metadata.name);
}

function pageToken(version: number, after: string): string {
  return Buffer.from(JSON.stringify({ version, after })).toString('base64url');
}

function pageStart(token: string | null): { version: number; after: string } | undefined {
  if (token === null || token === '') return undefined;
  try {
    const value: Json = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    const version = numberAt(value, 'version');
    if (isObject(value) && version !== undefined) return { version, after: stringAt(value, 'after') };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw badRequest('continue key is not valid');
}

function refuseOldPage(store: ObjectStore, type: ResourceType, version: number): void {
  try {
    store.changesSince(storeNameOf(type), version);
  } catch (cause) {
    if (!(cause instanceof StatusError)) throw cause;
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
}

/** Open watches, counted against the limit and cut when the server stops. */
export class WatchHub {
  readonly #store: ObjectStore;
  readonly #open = new Set<() => void>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  get count(): number {
    return this.#open.size;
  }

  /**
   * Answers a watch: what exists (when no version is given, or `sendInitialEvents`), then each change, as one JSON object a line.
   *
   * @throws StatusError 410 for a version no longer remembered, 429 above the limit of watches.
   */
  serve(type: ResourceType, target: Target, request: ApiRequest, response: ServerResponse): void {
    if (this.#open.size >= watchCountMax) throw tooManyRequests(`${watchCountMax} watches are open, which is the limit`);
    const selection = selectionOf(type, target, request);
    const version = wholeNumber(request.query.get('resourceVersion'), 'resourceVersion');
    const isInitialAsked = isTrue(request.query, 'sendInitialEvents');
    const storeName = storeNameOf(type);
    const isFromNow = isInitialAsked || version === 0;
    const backlog = isFromNow ? [] : this.#store.changesSince(storeName, version);
    const stream = new WatchStream(selection, response);
    if (isFromNow)
      for (const object of this.#store.list(storeName, target.namespace))
        stream.send({ type: 'ADDED', object, old: undefined, version: 0 });
    for (const event of backlog) stream.send(event);
    const isBookmarked = isTrue(request.query, 'allowWatchBookmarks');
    if (isInitialAsked && isBookmarked) stream.bookmark(this.#store.version, true);
    this.#follow(
      stream,
      { storeName, isBookmarked, timeoutMs: (Number(request.query.get('timeoutSeconds')) || watchTimeoutMs / 1000) * 1000 },
      request.signal,
    );
  }

  #follow(stream: WatchStream, of: { storeName: string; isBookmarked: boolean; timeoutMs: number }, signal: AbortSignal): void {
    const unsubscribe = this.#store.subscribe(of.storeName, (event) => stream.send(event));
    const end = (): void => {
      unsubscribe();
      clearInterval(bookmarks);
      clearTimeout(timeout);
      this.#open.delete(end);
      stream.end();
    };
    const bookmarks = setInterval(() => {
      if (of.isBookmarked) stream.bookmark(this.#store.version, false);
    }, bookmarkIntervalMs);
    const timeout = setTimeout(
      () => {
        if (of.isBookmarked) stream.bookmark(this.#store.version, false);
        end();
      },
      Math.min(of.timeoutMs, 2 ** 31 - 1),
    );
    this.#open.add(end);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  }

  stop(): void {
    for (const end of Array.from(this.#open)) end();
  }
}

/** One watch's answer: the events of the store as this client's selector sees them. */
class WatchStream {
  readonly #selection: Selection;
  readonly #response: ServerResponse;
  #isEnded = false;

  constructor(selection: Selection, response: ServerResponse) {
    this.#selection = selection;
    this.#response = response;
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
  }

  send(event: StoreEvent): void {
    const { matches } = this.#selection;
    const is = matches(event.object);
    const was = event.type === 'ADDED' ? false : event.old === undefined ? is : matches(event.old);
    if (event.type === 'DELETED' ? !was : !is && !was) return;
    const type = event.type === 'DELETED' || !is ? 'DELETED' : was ? 'MODIFIED' : 'ADDED';
    this.#write({ type, object: this.#shown(event.object) });
  }

  #shown(object: ApiObject): Json {
    const { type, form, include } = this.#selection;
    return shownObject(type, servedAs(object, apiVersionOf(type)), { form, include });
  }

  bookmark(version: number, isInitialEnd: boolean): void {
    const { type, form } = this.#selection;
    const annotations: JsonObject = isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
    const metadata: JsonObject = { resourceVersion: String(version), creationTimestamp: null, ...annotations };
    const object: JsonObject =
      form === 'table'
        ? { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: String(version) }, columnDefinitions: [], rows: [] }
        : form === 'metadata'
          ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
          : { kind: type.kind, apiVersion: apiVersionOf(type), metadata };
    this.#write({ type: 'BOOKMARK', object });
  }

  #write(event: JsonObject): void {
    if (this.#isEnded) return;
    if (this.#response.writableLength > watchBacklogBytesMax) {
      this.#response.destroy();
      this.#isEnded = true;
      return;
    }
    this.#response.write(`${JSON.stringify(event)}\n`);
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#response.end();
  }
}
