import { Button, CodeBlock, CodeBlockAction, CodeBlockCode } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { useWords } from '../i18n/index.ts';

/** Text for machines, to read and to copy. */
export function CodeView({ label, text }: { readonly label: string; readonly text: string }): ReactNode {
  const { t } = useWords();
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <section aria-label={label}>
      <CodeBlock
        actions={
          <CodeBlockAction>
            <Button variant="link" size="sm" onClick={() => void copy()} aria-label={`${t('ui.copy')}: ${label}`}>
              {isCopied ? t('ui.copied') : t('ui.copy')}
            </Button>
          </CodeBlockAction>
        }
      >
        <CodeBlockCode className="civitas-code" codeClassName="civitas-code" lang="en">
          {text}
        </CodeBlockCode>
      </CodeBlock>
      <span role="status" className="pf-v6-u-screen-reader">
        {isCopied ? t('ui.copied') : ''}
      </span>
    </section>
  );
}
