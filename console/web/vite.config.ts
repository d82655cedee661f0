import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** PatternFly's base sheet brings Red Hat's fonts; the console uses those of the system, so neither rules nor files are shipped. */
const withoutFontFaces: Plugin = {
  name: 'civitas-without-font-faces',
  enforce: 'pre',
  transform(code, id) {
    return id.includes('@patternfly') && id.endsWith('.css')
      ? { code: code.replaceAll(/@font-face\s*\{[^}]*\}/g, ''), map: null }
      : undefined;
  },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [withoutFontFaces, react()],
  build: {
    target: ['chrome119', 'firefox121', 'safari17.4'],
    // A picture in a style sheet as data: would need a looser content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    manifest: true,
    modulePreload: { polyfill: false },
  },
});
