import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { KubectlContext } from './context.ts';
import { listOf } from './find.ts';
import { conditionOf, KINDS, type LinkObject, phaseOf } from './objects.ts';

/** The links: what each end knows of the other, and what is on its way. */
export async function linksCommand(context: KubectlContext, names: readonly string[]): Promise<ExitCode> {
  const isAsked = ({ metadata, spec }: LinkObject): boolean =>
    names.length === 0 || [metadata.name, spec.from, spec.to].some((name) => names.includes(name));
  const links = (await listOf(context, KINDS.links)).filter(isAsked);
  context.terminal.table(['link', 'from', 'to', 'phase', 'sent', 'in flight', 'oldest', 'clients', 'says'], links.map(linkRow));
  context.terminal.result(links);
  return EXIT.ok;
}

function linkRow(link: LinkObject): string[] {
  const { metadata, spec, status } = link;
  const clients = [status?.from, status?.to].map((side) => `${side?.clientStatus ?? '?'}@${side?.clientHeight ?? '?'}`).join(' ');
  const flowing = conditionOf(link, 'Flowing');
  return [
    metadata.name,
    spec.from,
    spec.to,
    phaseOf(link),
    String(status?.lastSequence ?? ''),
    String(status?.inFlight ?? ''),
    status?.inFlight === 0 ? '' : (status?.oldestPendingAge ?? ''),
    clients,
    flowing?.status === 'True' ? '' : (flowing?.reason ?? ''),
  ];
}
