import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../../test/console/browser/chromium.ts';
import type { ConsoleCity } from '../../test/console/browser/console-city.ts';
import { startLocalCity } from '../../test/console/browser/local-city.ts';
import { findPodProcess } from '../../test/e2e/pod-processes.ts';
import { rssBytesOf } from '../process-usage.ts';
import { loadReads, type Reader, readable } from './load-reads.ts';
import { onboardAgency } from './onboard-agency.ts';
import { measurePaints, type SignedIn, signIn } from './pages.ts';

const USERS = 100;
/** What a person at a page asks for: a request a second, all day long. */
const EVERY_MS = 1000;
const PAINTS = 5;
const API_PORT = 6497;
/** One person may ask 1,200 times a minute: so many of them that a hundred users stay below. */
const PEOPLE = ['admin', 'gao.yuan', 'li.na', 'zhao.lei', 'chen.jing', 'wu.gang', 'ma.chao'];
const PATHS = [
  ...['/me', '/networks', '/networks?limit=2', '/networks/health', '/networks/health/events', '/networks/health/blocks?limit=20'],
  ...[
    '/networks/health/yaml',
    '/networks/health/packets',
    '/links',
    '/agencies',
    '/agencies/hospital-1',
    '/inbox',
    '/cases',
    '/search?q=health',
  ],
].map((path) => `/api/v1${path}`);

interface Yardstick {
  readonly origin: string;
  readonly child: ChildProcess;
}

async function startYardstick(): Promise<Yardstick> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./bare-server.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { origin: `http://127.0.0.1:${port.toString().trim()}`, child };
}

/** The console of a city as `npm start` makes it, embedded engines: reads of 100 users, memory, paints, an agency taken in. */
export async function benchConsole({ seconds, say }: { readonly seconds: number; readonly say: (line: string) => void }): Promise<object> {
  say('starting a city');
  const city = await startLocalCity(API_PORT);
  const [yardstick, browser] = await Promise.all([startYardstick(), launchChromium()]);
  try {
    const pid = findPodProcess(city.home, 'civitas-console');
    if (pid === undefined) throw new Error('the console does not run');
    const rssBytesAtStart = rssBytesOf(pid);
    say('signing people in');
    const people: SignedIn[] = [];
    for (const username of PEOPLE) people.push(await signIn(browser, city, username));
    const [admin] = people;
    if (admin === undefined) throw new Error('nobody signed in');
    say('paints');
    const largestContentfulPaintMs = await measurePaints(browser, city, admin, PAINTS);
    const reads = await measureReads(city, { yardstick, people, pid, seconds, say });
    say('an agency is taken in');
    const onboarding = await onboardAgency(city.url, admin.authorization, 'hospital-9');
    return { users: USERS, ...reads, largestContentfulPaintMs, onboarding, rssBytesAtStart, rssBytes: rssBytesOf(pid) };
  } finally {
    yardstick.child.kill();
    await browser.close();
    await city.stop();
  }
}

async function measureReads(
  { url }: Pick<ConsoleCity, 'url'>,
  of: {
    readonly yardstick: Yardstick;
    readonly people: readonly SignedIn[];
    readonly pid: number;
    readonly seconds: number;
    readonly say: (line: string) => void;
  },
) {
  const { yardstick, people, pid, seconds, say } = of;
  // Their pages would go on asking beside the load.
  for (const { page } of people.slice(1)) await page.context().close();
  await people[0]?.page.goto('about:blank');
  const seen = await Promise.all(people.map(({ authorization }) => readable(url, { authorization, paths: PATHS })));
  const readers = Array.from({ length: USERS }, (_, index): Reader => seen[index % seen.length] ?? { authorization: '', paths: [] });
  const bare = readers.map(() => ({ authorization: '', paths: ['/'] }));
  say(`${USERS} users at the console, then at a server that does nothing`);
  await loadReads({ origin: url, pid, readers, everyMs: EVERY_MS, seconds: Math.min(5, seconds) });
  const reads = await loadReads({ origin: url, pid, readers, everyMs: EVERY_MS, seconds });
  const beside = { origin: yardstick.origin, pid: yardstick.child.pid ?? 0, readers: bare, everyMs: EVERY_MS, seconds };
  const bareReads = await loadReads(beside);
  return { reads, yardstick: bareReads, p95RatioToYardstick: Math.round((reads.ms.p95 / Math.max(0.1, bareReads.ms.p95)) * 10) / 10 };
}
