import { Tab, Tabs, TabTitleText } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';

export interface TabPart {
  readonly key: string;
  readonly title: string;
  /** Made only while its tab is open. */
  readonly body: () => ReactNode;
}

interface TabViewProps {
  readonly label: string;
  readonly active: string;
  readonly onOpen: (key: string) => void;
  readonly tabs: readonly TabPart[];
}

/** Parts of a page of which one is open. */
export function TabView({ label, active, onOpen, tabs }: TabViewProps): ReactNode {
  const { t } = useWords();
  const open = tabs.some(({ key }) => key === active) ? active : (tabs[0]?.key ?? '');
  return (
    <Tabs
      aria-label={label}
      activeKey={open}
      onSelect={(_event, key) => onOpen(String(key))}
      leftScrollAriaLabel={t('ui.scrollBack')}
      rightScrollAriaLabel={t('ui.scrollOn')}
      mountOnEnter
      unmountOnExit
    >
      {tabs.map(({ key, title, body }) => (
        <Tab key={key} eventKey={key} title={<TabTitleText>{title}</TabTitleText>}>
          <div className="civitas-stack civitas-tab">{key === open && body()}</div>
        </Tab>
      ))}
    </Tabs>
  );
}
