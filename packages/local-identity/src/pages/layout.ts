import { Html, html } from './html.ts';
import { type Language, otherLanguage, type Say, sayIn } from './language.ts';

/** What every page knows of its reader. */
export interface PageContext {
  readonly language: Language;
  readonly say: Say;
  /** Path of the realm, where the style sheet is. */
  readonly realmPath: string;
  /** Where the same page is in the other language; undefined where it cannot be had again. */
  readonly switchPath: string | undefined;
}

export interface PageContent {
  readonly title: string;
  readonly isFault?: boolean;
  readonly body: Html;
}

export function pageContext(language: Language, realmPath: string, switchPath: string | undefined): PageContext {
  return { language, say: sayIn(language), realmPath, switchPath };
}

function languageSwitch({ language, say, switchPath }: PageContext): Html | undefined {
  if (switchPath === undefined) return undefined;
  const other = otherLanguage(language);
  return html`<a class="language" href="${switchPath}" lang="${other}" hreflang="${other}">${say('other-language')}</a>`;
}

/** A whole page: no scripts, no inline styles, one column. */
export function renderPage(context: PageContext, content: PageContent): string {
  const { say, language, realmPath } = context;
  const prefix = content.isFault === true ? say('error-prefix') : '';
  return html`${new Html('<!doctype html>')}
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${prefix}${content.title} · ${say('product')}</title>
<link rel="stylesheet" href="${realmPath}/pages/style.css">
</head>
<body>
<a class="skip" href="#main">${say('skip')}</a>
<header><span class="product">${say('product')}</span>${languageSwitch(context)}</header>
<main id="main" tabindex="-1">
<h1>${content.title}</h1>
${content.body}
</main>
<footer><p role="note">${say('banner')}</p></footer>
</body>
</html>
`.text;
}
