import type { BundleReceipt } from '#shared/contract/bundles.ts'
import { escapeHtml } from '../../isolation/escape-html.ts'

const KINDS: Readonly<Record<BundleReceipt['kind'], string>> = {
  devices: 'Device credentials',
  tenant: 'Tenant bundle',
  collector: 'Collector',
  context: 'nats context',
  'leaf-node': 'Leaf node',
}

/**
 * The receipt as a page to print, with room for two signatures: who handed what to whom. Nothing secret. It
 * needs no script and no network.
 */
export function receiptPage(receipt: BundleReceipt): string {
  const { destination, files, names, credentials } = receipt
  const rows: readonly (readonly [string, string | null])[] = [
    ['What', `${KINDS[receipt.kind]} “${receipt.name}”, tenant ${receipt.tenant}`],
    ['When', `${receipt.at} (UTC)`],
    ['By', receipt.by],
    ['Where to', destination.label],
    ['Serial number', destination.serial],
    ['File system', destination.fileSystem],
    ['Read back', readBack(receipt)],
    ['Sealed', sealedTo(receipt)],
    ['Credentials', `${credentials}, of which ${receipt.issued} were issued for it`],
    ['Good until', receipt.expiresAt],
    ['Mesh', receipt.urls.join(', ')],
    ['Manifest', `SHA-256 ${receipt.manifestSha256}`],
    ['Signed by', receipt.signedBy],
    ['Receipt', receipt.id],
  ]
  const facts = rows
    .filter((row): row is readonly [string, string] => row[1] !== null && row[1] !== '')
    .map(([name, value]) => `<tr><th>${name}</th><td>${escapeHtml(value)}</td></tr>`)
    .join('')
  const listed = files
    .map(
      ({ name, bytes, sha256 }) =>
        `<tr><td>${escapeHtml(name)}</td><td class="n">${bytes}</td><td class="mono">${sha256}</td></tr>`,
    )
    .join('')
  const more = credentials > names.length ? ` and ${credentials - names.length} more` : ''
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Receipt of ${escapeHtml(receipt.name)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Receipt</h1>
<p class="lead">Credentials that were handed over, as Muster wrote and read them back.</p>
<table class="facts"><tbody>${facts}</tbody></table>
<h2>Files</h2>
<table><thead><tr><th>Name</th><th class="n">Bytes</th><th>SHA-256</th></tr></thead><tbody>${listed}</tbody></table>
<h2>Credentials</h2>
<p>${escapeHtml(names.join(', '))}${more}</p>
<section class="sign"><div>Handed over by</div><div>Received by</div></section>
</body>
</html>
`
}

function readBack({ destination: { readFrom } }: BundleReceipt): string | null {
  if (readFrom === undefined) return null
  return readFrom === 'medium' ? 'from the medium itself' : 'through the memory of the system'
}

function sealedTo({ sealing, people }: BundleReceipt): string {
  switch (sealing) {
    case 'plain':
      return 'no: anybody who finds it can use it'
    case 'passphrase':
      return 'to a passphrase'
    case 'people':
      return `to ${people.join(', ')}`
  }
}

const STYLE = `
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem;max-width:52rem;font:10.5pt/1.45 system-ui,sans-serif;color:#1a1f26;background:#fff}
h1{margin:0;font-size:20pt;letter-spacing:-.02em}
h2{margin:1.5rem 0 .4rem;font-size:11.5pt}
.lead{margin:.3rem 0 1rem;font-size:11.5pt}
table{width:100%;border-collapse:collapse;font-size:9.5pt}
th,td{padding:.3rem .6rem .3rem 0;border-bottom:1px solid #e5e8ed;text-align:left;vertical-align:top;overflow-wrap:anywhere}
.facts th{width:9rem;font-weight:600}
.n{text-align:right}
.mono{font-family:ui-monospace,'JetBrains Mono',Consolas,monospace;font-size:8.5pt}
.sign{display:flex;gap:2rem;margin-top:4rem;break-inside:avoid}
.sign div{flex:1;padding-top:.4rem;border-top:1px solid #1a1f26;font-size:9pt;color:#5f6977}
@page{margin:16mm}
@media print{body{padding:0;max-width:none}}
`
