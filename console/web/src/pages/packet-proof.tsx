import { browserCrypto } from '@civitas/canon/browser';
import type { Packet, PacketProof } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { type ReactNode, useMemo } from 'react';
import { usePacketProof } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { checkStateProof } from '../proofs/check.ts';
import { CodeView } from '../ui/code-view.tsx';
import { Section } from '../ui/section.tsx';
import { ProofVerdict } from './proof-verdict.tsx';
import { QueryView } from './query-view.tsx';

/** What proves that a ledger sent a packet, checked here and not by the server. */
export function PacketProofView({ packet, onClose }: { readonly packet: Packet; readonly onClose: () => void }): ReactNode {
  const { t } = useWords();
  return (
    <Section
      title={t('packet.proofOf', { network: packet.network, sequence: packet.sequence })}
      actions={
        <Button variant="link" onClick={onClose}>
          {t('ui.close')}
        </Button>
      }
    >
      <QueryView query={usePacketProof(packet)}>{(proof) => <Checked proof={proof} />}</QueryView>
    </Section>
  );
}

function Checked({ proof }: { readonly proof: PacketProof }): ReactNode {
  const { t } = useWords();
  const check = useMemo(
    () => checkStateProof(browserCrypto, { value: proof.commitment, proof: proof.proof, lightBlock: proof.lightBlock }),
    [proof.commitment, proof.proof, proof.lightBlock],
  );
  return (
    <>
      <ProofVerdict check={check} />
      <CodeView label={t('proof.proof')} text={proof.proof} />
      <CodeView label={t('proof.lightBlock')} text={proof.lightBlock} />
    </>
  );
}
