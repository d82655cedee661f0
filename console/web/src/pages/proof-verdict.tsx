import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';
import type { ProofCheck } from '../proofs/check.ts';
import { Notice } from '../ui/notice.tsx';

/** What a check in the browser came to, in words. */
export function ProofVerdict({ check }: { readonly check: ProofCheck }): ReactNode {
  const { t } = useWords();
  if (!check.ok) {
    return (
      <Notice tone="bad" title={t('proof.bad')}>
        <code lang="en">{check.code}</code>
      </Notice>
    );
  }
  return (
    <Notice tone="good" title={t('proof.good', { height: check.height, signers: check.signers, validators: check.validators })}>
      {t('proof.goodBody')} {check.key !== '' && <code lang="en">{check.key}</code>}
    </Notice>
  );
}
