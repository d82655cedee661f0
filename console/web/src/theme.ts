export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'civitas.theme';
const DARK_CLASS = 'pf-v6-theme-dark';
const darkQuery = window.matchMedia('(prefers-color-scheme: dark)');

export function currentTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === kept) ?? 'system';
}

export function isDark(): boolean {
  const theme = currentTheme();
  return theme === 'dark' || (theme === 'system' && darkQuery.matches);
}

function applyTheme(): void {
  document.documentElement.classList.toggle(DARK_CLASS, isDark());
}

export function startTheme(): void {
  applyTheme();
  darkQuery.addEventListener('change', applyTheme);
}

/** Dark whatever was chosen. @returns goes back to what was. */
export function forceDark(): () => void {
  document.documentElement.classList.add(DARK_CLASS);
  return applyTheme;
}

export function switchTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme();
}
