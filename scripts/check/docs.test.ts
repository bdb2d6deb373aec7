import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }

// What documents say of files and commands is checked, since nobody re-reads them when one moves.
const ROOT = join(import.meta.dirname, '..', '..')
const DOCUMENTS = globSync(['README.md', 'docs/**/*.md'], { cwd: ROOT })
const SOURCES = globSync('{src,tests,e2e,scripts,bench}/**/*.{ts,tsx,mjs}', { cwd: ROOT }).map(
  (path) => `/${path.replaceAll('\\', '/')}`,
)

const PATH = /(?<![\w/.-])(?:src|tests|e2e|scripts|bench|resources|docs)\/[\w./*-]*[\w*/]/gu
/** A file of ours by its name, or the end of its path. */
const SOURCE = /`([\w./-]+\.(?:tsx?|mjs))`/gu
const LINK = /\]\((?!https?:)([^)]+)\)/gu
const SCRIPT = /npm (?:run (?:--silent )?)([a-z][\w:-]*)/gu

const textOf = (document: string) => readFileSync(join(ROOT, document), 'utf8')
const all = (pattern: RegExp, text: string) =>
  [...text.matchAll(pattern)].map(([whole, group]) => group ?? whole)

test.each(DOCUMENTS)('%s names files that exist', (document) => {
  const missing = all(PATH, textOf(document)).filter(
    (path) => globSync(path, { cwd: ROOT }).length === 0,
  )
  const unknown = all(SOURCE, textOf(document)).filter(
    (name) => !SOURCES.some((source) => source.endsWith(`/${name}`)),
  )
  expect([...missing, ...unknown]).toEqual([])
})

test.each(DOCUMENTS)('%s links to files and headings that exist', (document) => {
  const broken = all(LINK, textOf(document)).filter((link) => {
    const [path = '', heading] = link.split('#')
    const target = path === '' ? document : join(dirname(document), path)
    if (!existsSync(join(ROOT, target))) return true
    return heading !== undefined && !headingsOf(textOf(target)).includes(heading)
  })
  expect(broken).toEqual([])
})

test.each(DOCUMENTS)('%s names commands that exist', (document) => {
  const known = Object.keys(packageJson.scripts)
  expect(all(SCRIPT, textOf(document)).filter((name) => !known.includes(name))).toEqual([])
})

/** Headings as links name them. */
function headingsOf(text: string): string[] {
  return all(/^#+ (.+)$/gmu, text).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
