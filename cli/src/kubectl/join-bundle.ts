import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigMap, configMaps } from '@civitas/kube';
import { usage } from '../commands/usage.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { KubectlContext } from './context.ts';
import { findOne } from './find.ts';
import { KINDS, type NetworkObject } from './objects.ts';

/**
 * External members of a network; with one of them named, its bundle as files in a folder.
 *
 * @throws usage faults for a node that the network does not name, or one whose bundle is not made yet, with what it waits for.
 */
export async function joinBundleCommand(
  context: KubectlContext,
  name: string,
  { node, out }: { readonly node: string | undefined; readonly out: string | undefined },
): Promise<ExitCode> {
  const network = await findOne(context, KINDS.networks, name);
  const members = network.status?.externalMembers ?? [];
  const { terminal } = context;
  if (node === undefined) {
    terminal.table(
      ['node', 'state', 'bundle', 'says'],
      members.map((member) => [member.node, member.state, member.bundle ?? '', member.message]),
    );
    terminal.result(members);
    return EXIT.ok;
  }
  const { data, bundle } = await readBundle(context, network, node);
  const folder = out ?? bundle;
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(data)) writeFileSync(join(folder, file), text);
  terminal.line(`${Object.keys(data).length} files in ${folder}; README.txt says what to do with them, and nothing in them is secret`);
  terminal.result({ node, folder, files: Object.keys(data).sort() });
  return EXIT.ok;
}

async function readBundle(
  context: KubectlContext,
  network: NetworkObject,
  node: string,
): Promise<{ readonly bundle: string; readonly data: Readonly<Record<string, string>> }> {
  const members = network.status?.externalMembers ?? [];
  const member = members.find((one) => one.node === node);
  if (member === undefined) {
    const named = members.length === 0 ? 'it names none' : `it names ${members.map((one) => one.node).join(', ')}`;
    throw usage(`'${node}' is no external member of ${network.metadata.name}; ${named} in spec.externalMembers`);
  }
  const bundle = member.bundle ?? '';
  const cluster = await context.cluster();
  const found: ConfigMap | undefined =
    bundle === '' ? undefined : await cluster.find(configMaps, { namespace: network.metadata.namespace, name: bundle });
  if (found?.data === undefined) throw usage(`the bundle of ${node} is not made yet: ${member.message}`);
  return { bundle, data: found.data };
}
