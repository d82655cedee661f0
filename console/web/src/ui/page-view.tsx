import { Breadcrumb, BreadcrumbItem, Content, PageSection, Title } from '@patternfly/react-core';
import { type ReactNode, useEffect } from 'react';
import { useWords } from '../i18n/index.ts';

export interface Crumb {
  readonly label: string;
  /** A link element, undefined for the page itself. */
  readonly link?: ReactNode;
}

interface PageViewProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly crumbs?: readonly Crumb[];
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** One page: its trail, heading, what can be done, and its content; names the document after the heading. */
export function PageView({ title, lead, crumbs = [], actions, children }: PageViewProps): ReactNode {
  const { t } = useWords();
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title, t]);
  return (
    <>
      <PageSection>
        <div className="civitas-stack">
          {crumbs.length > 0 && (
            <Breadcrumb aria-label={t('ui.breadcrumb')}>
              {crumbs.map(({ label, link }) => (
                <BreadcrumbItem key={label} isActive={link === undefined}>
                  {link ?? label}
                </BreadcrumbItem>
              ))}
            </Breadcrumb>
          )}
          <div className="civitas-spread">
            <Content className="civitas-prose">
              <Title headingLevel="h1">{title}</Title>
              {lead !== undefined && <p>{lead}</p>}
            </Content>
            {actions !== undefined && <div className="civitas-actions">{actions}</div>}
          </div>
        </div>
      </PageSection>
      <PageSection isFilled>
        <div className="civitas-stack">{children}</div>
      </PageSection>
    </>
  );
}
