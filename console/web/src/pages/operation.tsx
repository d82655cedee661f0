import { browserCrypto } from '@civitas/canon/browser';
import type { OperationDetail } from '@civitas/console-contract';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import { useOperation } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { checkReceiptProof } from '../proofs/check.ts';
import { CodeView } from '../ui/code-view.tsx';
import { Facts } from '../ui/facts.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { ProofVerdict } from './proof-verdict.tsx';
import { QueryView } from './query-view.tsx';
import { wordOf } from './words-of.ts';

export function OperationPage(): ReactNode {
  const { network, hash } = useParams({ from: '/explorer/$network/operations/$hash' });
  const { t } = useWords();
  return (
    <PageView
      title={t('operation.title')}
      lead={<code lang="en">{hash}</code>}
      crumbs={[
        {
          label: t('explorer.title'),
          link: (
            <Link to="/explorer" search={{ network }}>
              {t('explorer.title')}
            </Link>
          ),
        },
        { label: t('operation.title') },
      ]}
    >
      <QueryView query={useOperation(network, hash)}>{(operation) => <OperationView operation={operation} />}</QueryView>
    </PageView>
  );
}

function OperationView({ operation }: { readonly operation: OperationDetail }): ReactNode {
  const { t } = useWords();
  const { network, height, organisation, role, actor, contract, method, outcome, code, proof, lightBlock } = operation;
  const check = useMemo(() => (proof === '' ? undefined : checkReceiptProof(browserCrypto, { proof, lightBlock })), [proof, lightBlock]);
  return (
    <>
      <Section title={t('network.facts')}>
        <Facts
          facts={[
            [
              t('operation.outcome'),
              <StatusLabel key="outcome" tone={outcome === 'applied' ? 'good' : 'bad'}>
                {t(`operation.${outcome}`)}
              </StatusLabel>,
            ],
            [
              t('operation.code'),
              code === '' ? undefined : (
                <code key="code" lang="en">
                  {code}
                </code>
              ),
            ],
            [t('agencies.agency'), wordOf('organisation', organisation)],
            [t('members.role'), wordOf('ledgerRole', role)],
            [
              t('operation.actor'),
              actor === '' ? (
                '–'
              ) : (
                <code key="actor" lang="en">
                  {actor}
                </code>
              ),
            ],
            [t('operation.method'), <code key="method" lang="en">{`${contract} ${method}`}</code>],
            [
              t('networks.height'),
              height === 0 ? undefined : (
                <Link key="height" to="/explorer/$network/blocks/$height" params={{ network, height: String(height) }}>
                  {height}
                </Link>
              ),
            ],
          ]}
        />
      </Section>
      <Section title={t('proof.title')}>
        {check === undefined ? <Notice tone="info" title={t('proof.none')} /> : <ProofVerdict check={check} />}
      </Section>
      <Section title={t('operation.args')}>
        <CodeView label={t('operation.args')} text={JSON.stringify(operation.args, null, 2)} />
      </Section>
      <Section title={t('operation.receipt')}>
        <CodeView label={t('operation.receipt')} text={JSON.stringify(operation.receipt, null, 2)} />
      </Section>
    </>
  );
}
