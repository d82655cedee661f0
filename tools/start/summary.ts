import type { ReadyFile } from './ready-file.ts';

/** The closing table: networks, links, the kubeconfig line, five commands to try. */
export function summaryOf(ready: ReadyFile, verified: { bundlePath: string }): string {
  const networks = tableOf(
    ['NETWORK', 'CHAIN ID', 'ENGINE', 'VALIDATORS', 'HEIGHT', 'ROOT', 'GRPC', 'METRICS'],
    ready.networks.map((item) => [
      item.name,
      item.chainId,
      item.engine,
      String(item.validators),
      String(item.height),
      item.root.slice(0, 12),
      item.grpc,
      item.metrics,
    ]),
  );
  const links = tableOf(
    ['LINK', 'LAST SEQUENCE', 'IN FLIGHT', 'OLDEST AGE'],
    ready.links.map((item) => [
      item.name,
      String(item.lastSequence),
      String(item.inFlight),
      item.inFlight === 0 ? '-' : `${(item.oldestAgeMs / 1000).toFixed(1)} s`,
    ]),
  );
  const embedded = ready.networks.some((item) => item.engine === 'embedded')
    ? '\nThe embedded engine has one validator per network and no fault tolerance; founders here approve automatically. For trying out, not for records that matter.\n'
    : '';
  return `
${networks}

${links}
${embedded}
The first case (${ready.case.id}) was carried across three ledgers and verified offline: ${verified.bundlePath}

  Console: ${ready.console}

  export KUBECONFIG=${ready.kubeconfig}

Try, in another terminal:
  kubectl get lnet,llink,lnode,agency -A
  npx civitas status
  npx civitas case run traffic-fine
  npx civitas access --subject last
  npx civitas verify ${verified.bundlePath}

Ctrl-C stops the city; npm start resumes it; npm run reset clears it.
`;
}

function tableOf(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headers.map((header, column) => Math.max(header.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [headers, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
