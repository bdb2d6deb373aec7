// Builds `out/opener/open.html`: the page that opens a sealed bundle without Muster and without age, in one file
// that has nothing to load and may load nothing (docs/operations.md).
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '..')
const source = join(root, 'src', 'renderer', 'opener')

const built = await build({
  configFile: false,
  root: source,
  logLevel: 'warn',
  publicDir: false,
  build: {
    write: false,
    target: 'chrome125',
    modulePreload: false,
    rolldownOptions: {
      input: join(source, 'opener.ts'),
      output: { format: 'iife', codeSplitting: false },
    },
  },
})
const { output } = Array.isArray(built) ? built[0] : built
const [chunk] = output
if (chunk?.type !== 'chunk' || output.length !== 1) {
  throw new Error('The opener is not one piece of code.')
}
// A script element ends at the first such tag, wherever it stands.
const script = chunk.code.replaceAll('</script', '<\\/script').trim()
const page = readFileSync(join(source, 'index.html'), 'utf8')
const style = /<style>([\s\S]*?)<\/style>/u.exec(page)?.[1] ?? ''
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')
const html = page
  .replace(
    '<meta charset="utf-8" />',
    () =>
      `<meta charset="utf-8" />\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
  )
  .replace(/<script type="module".*?<\/script>/u, () => `<script>${script}</script>`)
mkdirSync(join(root, 'out', 'opener'), { recursive: true })
writeFileSync(join(root, 'out', 'opener', 'open.html'), html)
