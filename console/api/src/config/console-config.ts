import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LogLevel } from '@civitas/telemetry';
import { type TracingSettings, tracingOfEnvironment } from '@civitas/telemetry/tracing';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const closed = { additionalProperties: false };
const Url = Type.String({ pattern: '^https?://[^\\s/?#@]+(/[^\\s?#]*)?$', maxLength: 512 });

/** `config.json` of the ConfigMap `civitas-console`. */
const ConfigFile = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    /** Origin that browsers see: scheme, host and port, nothing else. */
    url: Type.String({ pattern: '^https?://[^\\s/?#@]+$', maxLength: 512 }),
    identity: Type.Union([
      Type.Object({ profile: Type.Literal('local') }, closed),
      Type.Object(
        { profile: Type.Literal('keycloak'), url: Url, realm: Type.String({ minLength: 1, maxLength: 63 }), keysUrl: Type.Optional(Url) },
        closed,
      ),
    ]),
    /** A Grafana that has the dashboards, as browsers reach it. */
    grafanaUrl: Type.Optional(Url),
  },
  closed,
);

export type ConfigFile = Static<typeof ConfigFile>;

/** Where things are mounted, as absolute paths of the pod. */
const PATHS = {
  config: '/etc/civitas-console/config.json',
  secretOfConsole: '/etc/civitas-identity/console/clientSecret',
  secretOfOperator: '/etc/civitas-identity/operator/clientSecret',
  users: '/etc/civitas-users/users.json',
  data: '/var/lib/civitas-console',
} as const;

/** What the console is told by its environment and its files. */
export interface ConsoleSettings extends ConfigFile {
  readonly address: string;
  readonly port: number;
  readonly metricsPort: number;
  readonly logLevel: LogLevel;
  /** Where spans of requests go. */
  readonly tracing?: Pick<TracingSettings, 'endpoint' | 'samplePerMille'>;
  /** What absolute paths of the pod are resolved against; '' on a real cluster. */
  readonly root: string;
  /** Folder of the built web; undefined where nobody has built it. */
  readonly webFolder: string | undefined;
  pathOf(what: keyof typeof PATHS): string;
}

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];
const PORT_MAX = 65_535;

function portOf(environment: Readonly<Record<string, string | undefined>>, name: string, byDefault: number): number {
  const port = Number(environment[name] ?? byDefault);
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) throw new RangeError(`${name}: 0 … ${PORT_MAX}, got ${environment[name]}`);
  return port;
}

/** The file's text as a configuration. @throws RangeError that names the field that is wrong. */
export function parseConfig(text: string): ConfigFile {
  const parsed: unknown = JSON.parse(text);
  if (Value.Check(ConfigFile, parsed)) return parsed;
  const [first] = Value.Errors(ConfigFile, parsed);
  throw new RangeError(`config.json: ${first?.path ?? ''} ${first?.message ?? 'is not what is expected'}`);
}

/** @throws RangeError for what is wrong in it, the file system's error for what is missing. */
export async function readConsoleSettings(environment: Readonly<Record<string, string | undefined>>): Promise<ConsoleSettings> {
  const root = environment['CIVITAS_ROOT'] ?? '';
  const pathOf = (what: keyof typeof PATHS): string => (root === '' ? PATHS[what] : join(root, PATHS[what]));
  const asked = environment['LOG_LEVEL'] ?? 'info';
  const logLevel = LEVELS.find((level) => level === asked);
  if (logLevel === undefined) throw new RangeError(`LOG_LEVEL: one of ${LEVELS.join(', ')}, got ${asked}`);
  const built = environment['CIVITAS_CONSOLE_WEB'] ?? fileURLToPath(new URL('../../../web/dist', import.meta.url));
  const tracing = tracingOfEnvironment(environment);
  return {
    ...parseConfig(await readFile(pathOf('config'), 'utf8')),
    address: environment['POD_IP'] ?? '127.0.0.1',
    port: portOf(environment, 'CONSOLE_PORT', 8080),
    metricsPort: portOf(environment, 'METRICS_PORT', 9464),
    logLevel,
    ...(tracing === undefined ? {} : { tracing }),
    root,
    webFolder: existsSync(join(built, 'index.html')) ? built : undefined,
    pathOf,
  };
}
