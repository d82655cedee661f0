import type { Agency } from '@civitas/console-contract';
import type { ReactNode } from 'react';
import { useAgencies } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { CheckField, ChoicesField } from '../ui/fields.tsx';
import { Notice } from '../ui/notice.tsx';
import { Empty } from '../ui/states.tsx';
import { rolesIn, withRoles } from './agency-draft.ts';
import { ApprovalControl, mayBeApproved } from './approval-control.tsx';
import { problemOfField } from './change-failed.tsx';
import { ledgerRolesOf } from './ledger-roles.ts';
import { domainOf, founderRolesOf, type NetworkDraft } from './network-draft.ts';
import { QueryView } from './query-view.tsx';
import { wordOf } from './words-of.ts';

interface FoundersStepProps {
  readonly draft: NetworkDraft;
  readonly change: (some: Partial<NetworkDraft>) => void;
  readonly error: Error | null;
}

/** Which agencies decide about a network from its first block on, in which roles, and whether anybody approves for them. */
export function FoundersStep({ draft, change, error }: FoundersStepProps): ReactNode {
  const { t } = useWords();
  const problem = problemOfField(error, 'founders');
  return (
    <>
      <p>{t('newNetwork.whoDecidesHint')}</p>
      {problem !== undefined && <Notice tone="bad" title={problem} isLive />}
      <QueryView query={useAgencies().query}>
        {(agencies) => {
          const founders = agencies.filter(({ founder }) => founder);
          if (founders.length === 0) return <Empty title={t('newNetwork.noFounders')}>{t('newNetwork.noFoundersBody')}</Empty>;
          const chosen = founders.filter(({ name }) => rolesIn(draft.founders, name) !== undefined);
          return (
            <>
              {founders.map((agency) => (
                <FounderChoice key={agency.name} agency={agency} draft={draft} change={change} />
              ))}
              {chosen.length > 0 && !chosen.some(mayBeApproved) && (
                <Notice tone="warning" title={t('approval.nobody')}>
                  {t('approval.nobodyBody')}
                </Notice>
              )}
            </>
          );
        }}
      </QueryView>
    </>
  );
}

function FounderChoice({ agency, draft, change }: Omit<FoundersStepProps, 'error'> & { readonly agency: Agency }): ReactNode {
  const { t, language } = useWords();
  const { name, displayName } = agency;
  const roles = founderRolesOf(draft, name);
  const title = language === 'en' ? displayName.en : displayName.zh;
  const set = (next: readonly string[] | undefined): void => change({ founders: withRoles(draft.founders, name, next) });
  return (
    <div className="civitas-stack">
      <CheckField label={`${title} (${name})`} isChecked={roles !== undefined} onChange={(isIn) => set(isIn ? [] : undefined)} />
      {roles !== undefined && (
        <div className="civitas-indent">
          <p>
            {t('agencies.approval')}: <ApprovalControl agency={name} approval={agency} mayChange />
          </p>
          <ChoicesField
            label={t('newAgency.rolesOn', { network: title })}
            values={roles}
            choices={ledgerRolesOf(domainOf(draft)).map((value) => ({ value, label: wordOf('ledgerRole', value) }))}
            onChange={set}
          />
        </div>
      )}
    </div>
  );
}
