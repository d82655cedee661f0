import { stringify } from 'yaml';
import { crdOf } from '../../core/resources/crd.ts';
import { GROUP } from '../../core/resources/kind.ts';
import { KINDS } from '../../core/resources/kinds.ts';

/** The files of charts/civitas/crds, as they must read. Each opens a document: `helm show crds` prints them one after another. */
export function crdFiles(): readonly { readonly name: string; readonly yaml: string }[] {
  return KINDS.map((kind) => ({
    name: `${GROUP}_${kind.plural}.yaml`,
    yaml: `---\n# Made by \`npm run crds\` from operator/src/core/resources; do not edit.\n${stringify(crdOf(kind), { lineWidth: 0 })}`,
  }));
}
