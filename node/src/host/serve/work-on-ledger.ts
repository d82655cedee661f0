import { nodeCrypto } from '@civitas/canon/node';
import type { NodeConfig } from '@civitas/deployment';
import type { Instruments, nodeMetrics } from '@civitas/telemetry';
import type { Verdicts } from '../../core/ledger/verdicts.ts';
import { Admission } from '../admission/admission.ts';
import { startAutoApprover } from '../approval/auto-approver.ts';
import { chargedGateway } from '../keys/charged-gateway.ts';
import type { NodeKeys } from '../keys/node-keys.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { LinkActivity } from '../ledger/link-activity.ts';
import { WantedHeaders } from '../ledger/wanted-headers.ts';
import type { SignatureVerifier } from '../signatures/signature-verifier.ts';
import { followLedger } from '../telemetry/follow-ledger.ts';
import { openGateways } from './open-gateways.ts';
import { openPersons } from './open-persons.ts';
import type { ProcessBase } from './process-base.ts';

interface WorkParts {
  readonly dataFolder: string;
  readonly config: NodeConfig;
  readonly keys: NodeKeys;
  readonly ledger: LedgerHost;
  readonly base: ProcessBase;
  readonly metrics: Instruments<typeof nodeMetrics>;
  readonly signatures: SignatureVerifier;
  readonly verdicts: Verdicts;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
}

/** What stands between the services and an open ledger: admission, gateways, people, approver, and what follows blocks. */
export function workOnLedger({ dataFolder, config, keys, ledger, base, metrics, signatures, verdicts, nowMs }: WorkParts) {
  const admission = new Admission({
    ledger,
    crypto: nodeCrypto,
    verifyEd25519: signatures.verify,
    verdicts,
    gateway: chargedGateway(config, keys),
    bundleWaitMs: config.bundleWaitMs,
    queueOperationsMax: config.queueOperationsMax,
    metrics,
    tracing: base.tracing,
    nowUnixMs: Date.now,
    nowMs,
  });
  const parts = { dataFolder, config, keys, ledger, admission };
  const gateways = openGateways({ ...parts, nowUnixMs: Date.now });
  const people = openPersons({ ...parts, gateways, log: base.log });
  const stopMetrics = followLedger(ledger, metrics, { ...base, nowUnixMs: Date.now });
  const stopApprover = startAutoApprover({
    ledger,
    gateways: [...keys.gateways.values()],
    submit: (signed, who) => admission.submit(signed, who),
    log: base.log,
    nowUnixMs: Date.now,
    nowMs,
  });
  const activity = new LinkActivity(ledger);
  return {
    admission,
    gateways,
    persons: people.persons,
    citizens: people.citizens,
    activity,
    wanted: new WantedHeaders(nowMs),
    close: async (): Promise<void> => {
      activity.close();
      stopApprover();
      stopMetrics();
      await people.close();
      await gateways.close();
      await ledger.close();
      await signatures.close();
    },
  };
}
