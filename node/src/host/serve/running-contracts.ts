import type { Contract } from '@civitas/contracts';
import type { Members } from '../ledger/ledger-host.ts';

/**
 * Those of the shipped contracts that a ledger runs now.
 *
 * @param born what its genesis activates, `name@vN`.
 * @returns asks for them; made anew only when members have taken one up.
 */
export function runningContracts(
  shipped: readonly Contract[],
  born: readonly string[],
  members: Pick<Members, 'installedContracts'>,
): () => readonly Contract[] {
  let installed: readonly string[] | undefined;
  let running: readonly Contract[] = [];
  return () => {
    const now = members.installedContracts();
    if (installed !== now) {
      installed = now;
      running = shipped.filter(({ name, version }) => [...born, ...now].includes(`${name}@${version}`));
    }
    return running;
  };
}
