import { encodeQR } from 'qr'
import { publicKeyOf, type KitContent } from './kit-content.ts'
import type { PaperText } from './paper-text.ts'

/**
 * The kit as a page to print: what it is, whose, the sealed bytes as QR codes and as text, and how to
 * come back from it. Nothing on it is of use without the passphrase. It needs no script and no network.
 */
export function kitPage(content: KitContent, paper: PaperText, sealedTo: string): string {
  const { operator, createdAt } = content
  const day = createdAt.slice(0, 10)
  const keys = content.keys
    .map(
      (key) =>
        `<tr><td>${escaped(key.kind === 'operator' ? 'Operator' : 'Account')}</td><td>${escaped(key.holder)}</td><td class="mono">${publicKeyOf(key)}</td></tr>`,
    )
    .join('')
  const codes = paper.frames
    .map(
      (frame, index) =>
        `<figure>${encodeQR(frame, 'svg', { ecc: 'medium', border: 2 })}<figcaption>Code ${index + 1} of ${paper.frames.length}</figcaption></figure>`,
    )
    .join('')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Recovery kit of ${escaped(operator.name)}, ${day}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Recovery kit</h1>
<p class="lead">Identity keys of the operator <strong>${escaped(operator.name)}</strong> and its ${content.keys.length - 1} accounts, made ${day} (UTC), sealed to ${escaped(sealedTo)}.</p>
</header>
<section class="warn"><p><strong>Keep this page where you would keep the key of the building, and the passphrase somewhere else.</strong> With both, anybody can make themselves a credential for every device of this fleet. Without the passphrase this page is worth nothing, to you as well.</p></section>
<section>
<h2>Scan</h2>
<div class="codes">${codes}</div>
</section>
<section>
<h2>Or type</h2>
<p>Each line ends in two characters that check it. Capitals and spaces do not matter.</p>
<pre>${paper.lines.map(escaped).join('\n')}</pre>
<p class="sum">Checksum of everything: <span class="mono">${paper.checksum}</span></p>
</section>
<section>
<h2>How to come back</h2>
<ol>
<li>On the new computer start Muster and choose <em>Restore from a recovery kit</em>; for a rehearsal: Keys, Recovery kit, Rehearse.</li>
<li>Scan every code into the field, each into a line of its own, or type the lines.</li>
<li>Type the passphrase. Muster checks every key against its public part, as listed below.</li>
</ol>
<p>Without Muster: the codes in order, without their first two words, are base32 of an <em>age</em> file; <span class="mono">base32 -d | age -d | gunzip</span> gives the seeds as JSON, which <em>nsc</em> imports.</p>
</section>
<section>
<h2>Keys on this page</h2>
<table><thead><tr><th>What</th><th>Name</th><th>Public key</th></tr></thead><tbody>${keys}</tbody></table>
</section>
</body>
</html>
`
}

const STYLE = `
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem;max-width:52rem;font:10.5pt/1.45 system-ui,sans-serif;color:#1a1f26;background:#fff}
h1{margin:0;font-size:20pt;letter-spacing:-.02em}
h2{margin:1.5rem 0 .4rem;font-size:11.5pt}
p{margin:.3rem 0}
.lead{font-size:11.5pt}
.warn{margin-top:1rem;padding:.6rem .9rem;border:1px solid #d0a54a;border-radius:6px;background:#fdf6e7}
.codes{display:flex;flex-wrap:wrap;gap:1rem}
figure{margin:0;width:11rem;break-inside:avoid}
figure svg{display:block;width:100%;height:auto}
figcaption{margin-top:.25rem;font-size:9pt;color:#5f6977}
pre,.mono{font-family:ui-monospace,'JetBrains Mono',Consolas,monospace}
pre{margin:.4rem 0;padding:.7rem .9rem;border:1px solid #d0d5dd;border-radius:6px;font-size:11pt;line-height:1.55;white-space:pre-wrap;break-inside:auto}
.sum{font-weight:600}
table{width:100%;border-collapse:collapse;font-size:9pt}
th,td{padding:.25rem .5rem .25rem 0;border-bottom:1px solid #e5e8ed;text-align:left;vertical-align:top}
td.mono{word-break:break-all}
section{break-inside:avoid-page}
@page{margin:16mm}
@media print{body{padding:0;max-width:none}.warn{background:none}}
`

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
