/** What the page says above the field. */
export type PageNote = 'none' | 'wrong' | 'early' | 'busy' | 'gone'

const NOTES: Readonly<Record<PageNote, string>> = {
  none: '',
  wrong: 'This is not the code. Mind that it has no letters I, L, O and U.',
  early: 'The bundle is being made. Try again in a moment.',
  busy: 'Somebody fetches the bundle just now.',
  gone: 'The bundle was fetched already, or its time is over.',
}

export const OPENER_PATH = '/open.html'

/**
 * The page that asks a browser for the code. It says nothing of what is handed over: anybody on the network can
 * see it.
 */
export function handOverPage(note: PageNote, hasOpener: boolean): string {
  const said = NOTES[note]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Muster: fetch a bundle</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Fetch a bundle</h1>
${said === '' ? '' : `<p role="alert">${said}</p>`}
<form action="/take" method="get" autocomplete="off">
<label for="code">Code</label>
<input id="code" name="code" required autofocus maxlength="16" spellcheck="false" autocapitalize="characters">
<button>Fetch</button>
</form>
<p>The code is read out to you by whoever hands the bundle over. It works once.</p>
<p class="small">What you get is one file. If it ends in .age it is sealed: open it with Muster, or with age
(age-encryption.org) and the passphrase that you were told${
    hasOpener ? `, or with <a href="${OPENER_PATH}">the page that opens it in a browser</a>` : ''
  }.</p>
</main>
</body>
</html>
`
}

/** Nothing but the page itself and its own form. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

const STYLE = `
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif}
main{width:min(26rem,90vw)}
h1{margin:0 0 1rem;font-size:1.5rem}
form{display:grid;grid-template-columns:1fr auto;gap:.5rem}
label{grid-column:1/-1;font-weight:600}
input,button{font:inherit;padding:.6rem .8rem;border-radius:.4rem;border:1px solid #888}
input{font-family:ui-monospace,monospace;letter-spacing:.15em;text-transform:uppercase;min-width:0}
button{background:#1f5fbf;border-color:#1f5fbf;color:#fff;font-weight:600}
.small{font-size:.85rem;opacity:.75}
[role=alert]{padding:.6rem .8rem;border-left:3px solid #c62828}
`
