import type { IsolationReport, SignedReport } from '#shared/contract/isolation.ts'
import { escapeHtml as text } from './escape-html.ts'
import { findingsSection, sharedSection } from './report-findings-html.ts'
import { matrixSection } from './report-matrix-html.ts'
import { canonicalJson } from './report-signature.ts'
import { REPORT_STYLE } from './report-style.ts'
import { controlsSection, declaredSection, probesSection } from './report-tables-html.ts'

/**
 * Of the page, not of the data. Raised with each change of what it looks like: a page of another layout
 * can't be compared with what this version would make of its data.
 */
export const LAYOUT_VERSION = 1

const DATA_OPENING = '<script type="application/json" id="muster-isolation-report">'
const DATA_END = '</script>'

/**
 * The report as one HTML file that needs nothing else and runs nothing, with the signed data inside. The
 * same report makes the same bytes, so that a page can be checked against its data.
 */
export function reportHtml(signed: SignedReport): string {
  const { report } = signed
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Muster isolation report, layout ${LAYOUT_VERSION}">
<title>${text(`Isolation proof of ${report.mesh.name}, ${report.endedAt.slice(0, 10)}`)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
${head(report)}
${verdictBlock(report)}
${facts(signed)}
${figures(report)}
${matrixSection(report)}
${sharedSection(report)}
${findingsSection(report)}
${declaredSection(report)}
${probesSection(report)}
${controlsSection(report)}
${verification(signed)}
<footer>${text(`Report ${report.id}. Written by Muster ${report.muster.version}. It holds public keys only: no credential, no seed, no message of a tenant.`)}</footer>
</main>
${DATA_OPENING}${dataOf(signed)}${DATA_END}
</body>
</html>
`
}

/** The signed data inside of a page, as text; undefined where there is none. */
export function dataInHtml(html: string): string | undefined {
  const start = html.indexOf(DATA_OPENING)
  const end = html.indexOf(DATA_END, start)
  return start < 0 || end < 0 ? undefined : html.slice(start + DATA_OPENING.length, end)
}

/** The layout that a page says it has. */
export function layoutOf(html: string): number | undefined {
  const found = /content="Muster isolation report, layout (\d{1,6})"/u.exec(html)?.[1]
  return found === undefined ? undefined : Number(found)
}

// Canonical, so that the order in which members were read makes no other page. And `<` in a script
// element could end it, whatever stands around it.
function dataOf(signed: SignedReport): string {
  return canonicalJson(signed).replaceAll('<', '\\u003c')
}

function head({ mesh, endedAt }: IsolationReport): string {
  return `<header>
<div class="brand">Muster</div>
<h1>Isolation proof</h1>
<p class="sub">${text(`${mesh.name}, ${dateText(endedAt)}`)}</p>
</header>`
}

const SIGNS = {
  passed:
    '<svg class="sign" viewBox="0 0 44 44" aria-hidden="true"><circle cx="22" cy="22" r="22" fill="#16804a"/><path d="M13 22.5l6.2 6.2L31.5 16" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>',
  failed:
    '<svg class="sign" viewBox="0 0 44 44" aria-hidden="true"><path d="M13 0h18l13 13v18L31 44H13L0 31V13z" fill="#b42318"/><path d="M15 15l14 14M29 15L15 29" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>',
  inconclusive:
    '<svg class="sign" viewBox="0 0 44 44" aria-hidden="true"><path d="M22 2l21 38H1z" fill="#b7791f"/><path d="M22 16v12M22 33.5v.5" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>',
} as const

function verdictBlock(report: IsolationReport): string {
  const { title, words } = verdictWords(report)
  return `<section class="verdict ${report.verdict}">${SIGNS[report.verdict]}<strong>${text(title)}</strong><p>${text(words)}</p></section>`
}

/** The verdict in words, for a reader who reads nothing else. */
export function verdictWords(report: IsolationReport): { title: string; words: string } {
  const { counts, tenants, ended, problem } = report
  const scope = `${tenants.length} tenants were set against each other in ${counts.pairs} ordered pairs, with ${report.probes.length} kinds of probe`
  if (report.verdict === 'passed') {
    return {
      title: 'The tenants are isolated',
      words: `${scope}: nothing crossed, and everything that must work did.`,
    }
  }
  if (report.verdict === 'failed') {
    return {
      title: `${counts.pairsFailed} of ${counts.pairs} pairs are not isolated`,
      words: `${scope}: ${counts.crossed} probes got through. What they did is listed below.`,
    }
  }
  const why =
    ended === 'cancelled'
      ? 'The proof was cancelled before its end.'
      : (problem?.message ?? `${counts.pairsInconclusive} pairs could not be judged.`)
  return {
    title: 'Isolation was neither proven nor refuted',
    words: `${scope}: nothing was seen to cross, but that is not enough for a proof. ${why}`,
  }
}

function facts({ report, signature }: SignedReport): string {
  const { mesh, operator, muster, startedAt, endedAt } = report
  const seconds = Math.max(1, Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000))
  const row = (name: string, value: string, wide = false) =>
    `<div${wide ? ' class="wide"' : ''}><dt>${text(name)}</dt><dd>${value}</dd></div>`
  return `<dl class="facts">
${row('Mesh', text(mesh.name))}
${row('Began', text(dateText(startedAt)))}
${row('Server', text(`nats-server ${mesh.serverVersion}`))}
${row('Took', text(`${seconds} s`))}
${row('Address', text(`${mesh.urls.join(', ')}${mesh.tls ? ' (TLS)' : ''}`))}
${row('Muster', text(muster.version))}
${row('Server id', `<span class="mono">${text(mesh.serverId)}</span>`, true)}
${row('Operator', `${text(operator.name)} <span class="mono muted">${text(operator.publicKey)}</span>`, true)}
${row('Signed', signature === null ? '<b>Not signed.</b> It proves nothing to others until it is.' : `${text(dateText(signature.signedAt))}, by <span class="mono">${text(signature.key)}</span>`, true)}
</dl>`
}

function figures({ counts }: IsolationReport): string {
  const figure = (value: number, name: string, heat = '') =>
    `<div${heat === '' || value === 0 ? '' : ` class="${heat}"`}><b>${value.toLocaleString('en-US')}</b><span>${text(name)}</span></div>`
  return `<div class="figures">
${figure(counts.probes, 'probes tried')}
${figure(counts.refused, 'refused by the server')}
${figure(counts.held, 'let through, reached nobody')}
${figure(counts.crossed, 'crossed', 'hot')}
${figure(counts.inconclusive, 'inconclusive', 'warm')}
</div>`
}

function verification({ signature }: SignedReport): string {
  const key = signature?.key ?? ''
  return `<h2>How to check this report</h2>
<p>The data of this page stands inside of it and is signed; the page is drawn from the data alone.</p>
<ol class="how">
<li>In Muster: Tenants, Isolation, Check a report, and choose this file. Muster says whether the data is unchanged, whose key signed it, and whether the page still shows its data.</li>
<li>Without Muster: <code>node verify-isolation-report.mjs FILE</code>, a script of 80 lines that comes with Muster and needs nothing else.</li>
<li>By hand: take <code>report</code> and <code>signature</code> from the element <code>#muster-isolation-report</code> or the JSON file. The signature is Ed25519 over the text <code>muster-isolation-report/1</code>, a line feed, and <code>{"report":…,"signedAt":…}</code> as canonical JSON (RFC 8785).</li>
<li>Whose key it is: ${signature === null ? 'this report is not signed.' : `<code>${text(key)}</code> has to stand among the <code>signing_keys</code> of the operator, as the server’s operator JWT or <code>nsc describe operator</code> shows them.`}</li>
</ol>`
}

/** A moment for readers anywhere. */
function dateText(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`
}
