import makeQrCode from 'qrcode-generator';
import { type Html, html } from './html.ts';

const QUIET_MODULES = 4;

/** A QR code as inline SVG, black on white in every colour scheme: cameras need the contrast. */
export function qrCodeMarkup(text: string, label: string): Html {
  const code = makeQrCode(0, 'M');
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const size = count + 2 * QUIET_MODULES;
  const rows = Array.from({ length: count }, (_, row) =>
    Array.from({ length: count }, (_, column) =>
      code.isDark(row, column) ? `M${column + QUIET_MODULES} ${row + QUIET_MODULES}h1v1h-1z` : '',
    ).join(''),
  );
  return html`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">
<rect width="${size}" height="${size}" fill="#ffffff"/><path d="${rows.join('')}" fill="#000000"/>
</svg>`;
}
