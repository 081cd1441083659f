import qrcode from 'qrcode-generator'
import { type Html, html } from './html.ts'

/** Modules of the quiet zone around the code, which readers need. */
const MARGIN = 4

/** A QR code of a text, as a drawing. */
export function qrCode(text: string): Html {
  const code = qrcode(0, 'M')
  code.addData(text, 'Byte')
  code.make()
  const count = code.getModuleCount()
  const dark = Array.from({ length: count * count }, (_, n) => [n % count, Math.floor(n / count)] as const)
    .filter(([x, y]) => code.isDark(y, x))
    .map(([x, y]) => `M${x} ${y}h1v1h-1z`)
    .join('')
  const size = count + 2 * MARGIN
  return html`<svg class="qr" role="img" aria-label="QR code of the link" viewBox="${-MARGIN} ${-MARGIN} ${size} ${size}">
<rect x="${-MARGIN}" y="${-MARGIN}" width="${size}" height="${size}" fill="#fff"/><path d="${dark}" fill="#000"/></svg>`
}
