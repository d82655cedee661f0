import { PORTS } from '@civitas/deployment';
import { type RemoteSigner, SIGNER_MESSAGES } from '../resources/remote-signer.ts';
import type { EffectiveNetwork, EffectiveNode, Problem } from './effective-network.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { type Verdict, verdict } from './verdict.ts';

/** As a node says it of whoever dialled its engine. */
const WRONG_KEY = /^signer: (.* holds .*)$/;
/** Nodes that one message names. */
const NAMED_MAX = 8;

const signersOf = ({ network }: ObservedNetwork): readonly RemoteSigner[] => network.spec.keys?.remoteSigners ?? [];

/** Who holds the key of a node that runs an engine of its own; nothing where its volume does. */
export function remoteSignerOf(
  observed: ObservedNetwork,
  engine: EffectiveNetwork['engine'],
  node: string,
): Pick<EffectiveNode, 'remoteSigner'> {
  const signer = engine === 'cometbft' ? signersOf(observed).find((one) => one.node === node) : undefined;
  return signer === undefined ? {} : { remoteSigner: signer };
}

/**
 * A node keeps for life the key that it was made with, wherever that is: under another one it would fall silent, and where an entry is
 * only forgotten it would make itself a key that was never to lie on a volume. So nothing is done until the spec says again what is.
 *
 * @param wanted The network as the spec asks for it; `running` as its nodes are to run now.
 */
export function signerProblems(
  observed: ObservedNetwork,
  wanted: EffectiveNetwork,
  running: Pick<EffectiveNetwork, 'nodes'>,
): readonly Problem[] {
  const signers = signersOf(observed);
  if (signers.length > 0 && wanted.engine === 'embedded') return [{ reason: 'EmbeddedHoldsItsKey', message: SIGNER_MESSAGES.embedded }];
  const names = new Set([...wanted.nodes, ...running.nodes].map(({ name }) => name));
  const stray = signers.find(({ node }) => !names.has(node));
  const problems: Problem[] = [];
  if (stray !== undefined) {
    const message = `keys.remoteSigners names ${stray.node}, and the pools ask for no such node`;
    problems.push({ reason: 'SignerOfNoNode', message });
  }
  for (const { name } of running.nodes) {
    const message = keyMove(observed, name);
    if (message !== undefined) problems.push({ reason: 'KeyWouldMove', message });
  }
  return problems;
}

function keyMove(observed: ObservedNetwork, name: string): string | undefined {
  const { spec, status } = observed.nodes[name]?.ledgerNode ?? {};
  const asked = signersOf(observed).find(({ node }) => node === name)?.publicKey;
  const [made, reported] = [spec?.signerPublicKey, status?.consensusPublicKey];
  if (made !== undefined && asked === undefined)
    return `${name} was made with a key that a remote signer holds: leave its entry in keys.remoteSigners until the node is gone`;
  const held = made ?? reported;
  if (asked === undefined || held === undefined || held === asked) return undefined;
  return `${name} has the key ${held} and keeps it for life, keys.remoteSigners asks for ${asked}: give that to a new node, and replace this one by a ValidatorChange`;
}

/** Whether whoever holds keys elsewhere is connected, as the nodes say; nothing is said where every key is on a volume. */
export function signerVerdicts(observed: ObservedNetwork, { nodes }: Pick<EffectiveNetwork, 'nodes'>): readonly Verdict[] {
  const remote = nodes.filter(({ remoteSigner }) => remoteSigner !== undefined).map(({ name }) => name);
  if (remote.length === 0) return [];
  const wrong = wrongKeys(observed, remote);
  if (wrong !== '') return [verdict('SignersHeard', false, 'SignerKeyWrong', wrong)];
  const silent = remote.filter((name) => observed.nodes[name]?.answer?.unwell.startsWith('signer:') === true);
  if (silent.length > 0) return [verdict('SignersHeard', false, 'SignerSilent', silentText(observed, silent))];
  const answering = remote.filter((name) => observed.nodes[name]?.answer !== undefined);
  if (answering.length === 0)
    return [{ type: 'SignersHeard', status: 'Unknown', reason: 'NotObserved', message: `${listed(remote)} has not answered` }];
  return [verdict('SignersHeard', true, 'SignersConnected', `${answering.length} of ${remote.length} nodes with a remote signer hear it`)];
}

/** Nodes whose signer holds another key, as they say it; such a node ends again and again, so what was said holds until it says otherwise. */
function wrongKeys({ nodes, network }: ObservedNetwork, remote: readonly string[]): string {
  const said = remote.flatMap((name) => {
    const [, what] = WRONG_KEY.exec(nodes[name]?.answer?.unwell ?? '') ?? [];
    return what === undefined ? [] : [`${name}: ${what}; it signs nothing`];
  });
  if (said.length > 0) return said.slice(0, NAMED_MAX).join(', ');
  const before =
    network.status?.conditions?.find(({ type, reason }) => type === 'SignersHeard' && reason === 'SignerKeyWrong')?.message ?? '';
  const isSilent = (name: string): boolean => before.includes(`${name}: `) && nodes[name]?.answer === undefined;
  return remote.some(isSilent) ? before : '';
}

function silentText(observed: ObservedNetwork, silent: readonly string[]): string {
  const places = silent.map((name) => `${name} (tcp://${observed.nodes[name]?.address ?? name}:${PORTS.signer})`);
  return `no signer is connected to ${listed(places)}: without it the node does not vote`;
}

function listed(names: readonly string[]): string {
  const rest = names.length - NAMED_MAX;
  return `${names.slice(0, NAMED_MAX).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
