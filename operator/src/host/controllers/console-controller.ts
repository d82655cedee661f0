import { createHash } from 'node:crypto';
import { CONSOLE_ACCESS, CONSOLE_REQUEST, type ConsoleAccess, consoleAccessKey, spiffe } from '@civitas/deployment';
import { type ConfigMap, type Controller, configMaps, createController, type ReconcileResult } from '@civitas/kube';
import { gatewayName, MANAGED_BY, networkNameOf, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import { genesisFromText } from '../../core/plan/genesis-record.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { issueForRequest, readLeafTimes } from '../certificates/authority.ts';
import type { NetworkAuthority } from '../observe/authorities.ts';
import { CLIENT_HOURS, CONSOLE_RECHECK_MS, WHILE_SERVING_MS } from './limits.ts';
import { findGenesisRecord, type OperatorContext } from './operator-context.ts';

/** The one key of this controller. */
export const CONSOLE_KEY = 'console';
const END_OF_CERTIFICATE = '-----END CERTIFICATE-----\n';

/** Gives the console a certificate a network for the key that it has made, so that it can show what ledgers hold. It signs nothing with it. */
export function createConsoleController(context: OperatorContext): Controller {
  const applier = context.applierOf('console');

  const reconcile = async (): Promise<ReconcileResult> => {
    const request = inSystem(context, CONSOLE_REQUEST)?.data?.['request.csr'];
    // No console: its request wakes us.
    if (request === undefined) return undefined;
    const held = inSystem(context, CONSOLE_ACCESS);
    const hash = createHash('sha256').update(request).digest('base64url');
    const data: Record<string, string> = {};
    let isWhole = true;
    for (const network of context.caches.networks.store.list()) {
      const files = await accessTo(context, network, { request, hash, held });
      if (files === undefined) isWhole = false;
      else Object.assign(data, files);
    }
    if (!isSame(held?.data, data)) {
      const metadata = { name: CONSOLE_ACCESS, namespace: SYSTEM_NAMESPACE, labels: { ...MANAGED_BY } };
      await applier.apply(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, held);
    }
    return { requeueAfterMs: isWhole ? CONSOLE_RECHECK_MS : WHILE_SERVING_MS };
  };

  return createController({ name: 'console', clock: context.clock, metrics: context.metrics, log: context.log, reconcile });
}

function inSystem({ workspaces }: OperatorContext, name: string): ConfigMap | undefined {
  return workspaces.find(SYSTEM_NAMESPACE)?.configMaps.store.get(`${SYSTEM_NAMESPACE}/${name}`);
}

function isSame(held: Readonly<Record<string, string>> = {}, wanted: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(wanted);
  return names.length === Object.keys(held).length && names.every((name) => held[name] === wanted[name]);
}

interface Asked {
  readonly request: string;
  readonly hash: string;
  readonly held: ConfigMap | undefined;
}

/** The two files of a network; undefined before it is born and has an address. A request that is none is answered with no file. */
async function accessTo(
  context: OperatorContext,
  network: LedgerNetwork,
  asked: Asked,
): Promise<Readonly<Record<string, string>> | undefined> {
  const id = networkNameOf(network.metadata);
  const genesis = findGenesisRecord(context, id);
  const service = context.workspaces.find(id.namespace)?.services.store.get(`${id.namespace}/${gatewayName(id.name)}`);
  const [address, port] = [service?.spec?.clusterIP, service?.spec?.ports?.[0]?.port];
  const authority = await context.authorities.find(id);
  if (genesis === undefined || address === undefined || port === undefined || authority === undefined) return undefined;
  const { chainId } = genesisFromText(genesis);
  const document: ConsoleAccess = { schemaVersion: 1, chainId, grpc: `${address}:${port}`, request: asked.hash };
  const key = consoleAccessKey(id);
  const before = asked.held?.data?.[`${key}.json`] === JSON.stringify(document) ? asked.held.data[`${key}.crt`] : undefined;
  const nowUnixMs = context.clock.nowUnixMs();
  if (isStillGood(before, authority, nowUnixMs)) return { [`${key}.json`]: JSON.stringify(document), [`${key}.crt`]: before };
  const issued = await issueForRequest(authority, asked.request, { subject: spiffe.console(chainId), hours: CLIENT_HOURS, nowUnixMs });
  if (!issued.ok) {
    context.log.warn({ problem: issued.problem }, 'the request of the console cannot be answered');
    return {};
  }
  const pem = issued.leaf.certificatePem;
  const leaf = pem.slice(0, pem.indexOf(END_OF_CERTIFICATE) + END_OF_CERTIFICATE.length);
  return { [`${key}.json`]: JSON.stringify(document), [`${key}.crt`]: `${leaf}${authority.bundlePem}` };
}

/** Not over, and of the authorities that are in force. */
function isStillGood(pem: string | undefined, { bundlePem }: NetworkAuthority, nowUnixMs: number): pem is string {
  if (pem?.endsWith(bundlePem) !== true) return false;
  return nowUnixMs < readLeafTimes(pem).renewAtUnixMs;
}
