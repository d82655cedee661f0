import type { Release } from '../resources/release-catalog.ts';
import type { Deferral, DeferralReason } from './deferral.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { protocolOf } from './protocol-plan.ts';

/** What the nodes of a network are to run now. */
export interface ReleaseInForce {
  readonly image: string;
  /** What is asked for may not be run, and why; nodes stay what they are then. */
  readonly deferral: Deferral | undefined;
}

/**
 * The release that is asked for, where the catalog allows to go to it from every version that runs; else the one in force. A network of
 * which nothing runs yet and whose release is not allowed has none.
 */
export function releaseInForce(observed: ObservedNetwork, network: EffectiveNetwork): ReleaseInForce | Deferral {
  const reference = observed.network.spec.release?.catalogRef;
  const asked = network.version;
  if (reference === undefined) return { image: network.nodeImage, deferral: undefined };
  const releases = observed.catalog?.metadata.name === reference ? observed.catalog.spec.releases : undefined;
  const wanted = releases?.find(({ version }) => version === asked);
  const running = runningImages(observed, network);
  const deferral =
    releases === undefined
      ? deferred('CatalogMissing', `there is no ReleaseCatalog ${reference}`)
      : wanted === undefined
        ? deferred('VersionNotInCatalog', `${reference} does not hold version ${asked}`)
        : blockedStep(observed, wanted, running);
  if (deferral === undefined && wanted !== undefined) return { image: wanted.nodeImage, deferral };
  const held = running[0] ?? observed.network.status?.image;
  const refused = deferral ?? deferred('VersionNotInCatalog', `${reference} does not hold version ${asked}`);
  return held === undefined ? refused : { image: held, deferral: refused };
}

/** Images of the pods there are, of the lowest ordinal first. */
function runningImages(observed: ObservedNetwork, network: EffectiveNetwork): readonly string[] {
  return network.nodes.flatMap(({ name }) => observed.nodes[name]?.pod?.image ?? []);
}

/** Nodes that run what is wanted may stay; every other one must be allowed to go there. */
function blockedStep(observed: ObservedNetwork, wanted: Release, running: readonly string[]): Deferral | undefined {
  const releases = observed.catalog?.spec.releases ?? [];
  for (const image of new Set(running)) {
    if (image === wanted.nodeImage) continue;
    const from = releases.find(({ nodeImage }) => nodeImage === image);
    const version = from?.version ?? taggedVersion(image);
    if (version === wanted.version) continue;
    if (version === undefined || !(wanted.upgradesFrom ?? []).includes(version)) {
      const message = `${wanted.version} does not name ${version ?? image}, which runs, in its upgradesFrom`;
      return deferred('NoUpgradeEdge', message);
    }
    const blocked = blockedByProtocol(observed, from, wanted);
    if (blocked !== undefined) return blocked;
  }
  return undefined;
}

/** A release must execute the rules in force and those that the members have decided on. */
function blockedByProtocol(observed: ObservedNetwork, from: Release | undefined, wanted: Release): Deferral | undefined {
  const { version: newest, min } = { version: wanted.protocolVersion, min: wanted.protocolVersionMin ?? wanted.protocolVersion };
  const protocol = protocolOf(observed);
  // Of nodes that tell no version it is known only what their release executes.
  const inForce = protocol?.version ?? from?.protocolVersion;
  const executes = min === newest ? `${newest} alone` : `${min} to ${newest}`;
  if (inForce !== undefined && (inForce < min || inForce > newest))
    return deferred('ProtocolChange', `blocks are executed by protocol ${inForce}, ${wanted.version} executes ${executes}`);
  const next = protocol?.next;
  if (next === undefined || next.version <= newest) return undefined;
  const decided = `protocol ${next.version} is decided from height ${next.height} on`;
  return deferred('ProtocolChange', `${decided}, ${wanted.version} executes ${executes}: the decision is taken back first`);
}

/** Version of an image that was taken by tag. */
function taggedVersion(image: string): string | undefined {
  return /:([0-9]+\.[0-9]+\.[0-9]+)$/.exec(image)?.[1];
}

function deferred(reason: DeferralReason, message: string): Deferral {
  return { reason, message };
}
