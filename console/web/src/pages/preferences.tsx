import { FormSelect, FormSelectOption } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { switchLanguage, useWords } from '../i18n/index.ts';
import { LANGUAGE_NAMES, LANGUAGES } from '../i18n/language.ts';
import { currentTheme, switchTheme, THEMES, type Theme } from '../theme.ts';

/** Language and colours; kept in the browser. */
export function Preferences(): ReactNode {
  const { t, language } = useWords();
  const [theme, setTheme] = useState<Theme>(currentTheme());
  return (
    <div className="civitas-preferences">
      <FormSelect
        className="civitas-preference"
        aria-label={t('preferences.language')}
        value={language}
        onChange={(_event, value) => void switchLanguage(value === 'en' ? 'en' : 'zh-CN')}
      >
        {LANGUAGES.map((value) => (
          <FormSelectOption key={value} value={value} label={LANGUAGE_NAMES[value]} />
        ))}
      </FormSelect>
      <FormSelect
        className="civitas-preference"
        aria-label={t('preferences.theme')}
        value={theme}
        onChange={(_event, value) => {
          const next = THEMES.find((one) => one === value) ?? 'system';
          setTheme(next);
          switchTheme(next);
        }}
      >
        {THEMES.map((value) => (
          <FormSelectOption key={value} value={value} label={t(`preferences.theme.${value}`)} />
        ))}
      </FormSelect>
    </div>
  );
}
