import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const ofPatternFly = (id: string): boolean => id.includes('@patternfly') && id.endsWith('.css');

/** PatternFly's base sheet brings Red Hat's fonts; the console uses those of the system, so neither rules nor files are shipped. */
const withoutFontFaces: Plugin = {
  name: 'civitas-without-font-faces',
  enforce: 'pre',
  transform(code, id) {
    return ofPatternFly(id) ? { code: code.replaceAll(/@font-face\s*\{[^}]*\}/g, ''), map: null } : undefined;
  },
};

/** Looks that the console does not offer; their rules are a fifth of what a browser would read before the first page. */
const UNUSED_THEME = /\.pf-v6-theme-(?:high-contrast|felt|glass|redhat)\b/;

const withoutUnusedThemes: Plugin = {
  name: 'civitas-without-unused-themes',
  enforce: 'pre',
  transform(code, id) {
    if (!ofPatternFly(id)) return undefined;
    const kept = code.replaceAll(/([^{}]+)\{[^{}]*\}/g, (rule, selectors: string) =>
      selectors.split(',').every((selector) => UNUSED_THEME.test(selector)) ? '' : rule,
    );
    return { code: kept, map: null };
  },
};

/** Below this a file is not smaller on the wire. */
const COMPRESSED_BYTES_MIN = 1024;

/** Puts a compressed copy beside each text file, so that none is compressed while somebody waits for it. */
const withCompressedCopies: Plugin = {
  name: 'civitas-with-compressed-copies',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      for (const [fileName, output] of Object.entries(bundle)) {
        if (!/\.(?:js|css|svg)$/.test(fileName)) continue;
        const source = Buffer.from(output.type === 'chunk' ? output.code : output.source);
        if (source.length >= COMPRESSED_BYTES_MIN)
          this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source: gzipSync(source, { level: 9 }) });
      }
    },
  },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [withoutFontFaces, withoutUnusedThemes, react(), withCompressedCopies],
  build: {
    target: ['chrome119', 'firefox121', 'safari17.4'],
    // A picture in a style sheet as data: would need a looser content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    manifest: true,
    modulePreload: { polyfill: false },
  },
});
