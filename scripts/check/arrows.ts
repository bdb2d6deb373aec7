// Checks the arrows of the house: which folder may import which. The compiler keeps environments
// apart (one tsconfig for each; the root's is Node's); this keeps layers and features apart.
import { globSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'

interface Rule {
  /** Files that the rule is about, as a pattern on the path from the root. */
  readonly from: RegExp
  /** Paths that they must not import; `$1` stands for what the first group of `from` matched. */
  readonly mustNotImport: string
  readonly because: string
}

const RULES: readonly Rule[] = [
  {
    from: /^src\/shared\//,
    mustNotImport: '^src/(?!shared/)',
    because: 'shared imports nothing of ours',
  },
  {
    from: /^src\/(main|preload|renderer|simulator)\//,
    mustNotImport: '^src/(?!(shared|$1)/)',
    because: 'main, preload, renderer and the simulator meet in shared only',
  },
  {
    from: /^src\/main\/(?!app|electron\/|browser\/|router\/)/,
    mustNotImport: '^src/main/(app\\.ts|app/|electron/|browser/|router/)',
    because: 'services do not know who calls them',
  },
  {
    from: /^src\/main\/router\//,
    mustNotImport: '^src/main/(?!router/)',
    because: 'the router knows services by narrow interfaces only',
  },
  {
    from: /^src\/renderer\/features\/([^/]+)\//,
    mustNotImport: '^src/renderer/(app/|features/(?!$1/))',
    because: 'a feature imports ui and lib, no other feature and not the app',
  },
  {
    from: /^src\/renderer\/(ui|lib)\//,
    mustNotImport: '^src/renderer/(app|features)/',
    because: 'ui and lib stand below the features',
  },
]

// The formatter puts each import's specifier after `from`, `import` or `import(`, on one line.
const IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*'([^'\n]+)'/g

function importsOf(path: string): string[] {
  const source = readFileSync(path, 'utf8')
  const specifiers = [...source.matchAll(IMPORT)].map((match) => match[1] ?? '')
  return specifiers.flatMap((specifier) => {
    if (specifier.startsWith('#shared/')) return [specifier.replace('#shared/', 'src/shared/')]
    if (!specifier.startsWith('.')) return []
    return [
      relative('.', resolve(dirname(path), specifier))
        .split(sep)
        .join('/'),
    ]
  })
}

const broken: string[] = []
for (const native of globSync('src/**/*.{ts,tsx}')) {
  const path = native.split(sep).join('/')
  // Tests may reach across: an integration of two parts has to name both.
  if (/\.test\.tsx?$/.test(path)) continue
  for (const rule of RULES) {
    const match = rule.from.exec(path)
    if (match === null) continue
    const forbidden = new RegExp(rule.mustNotImport.replaceAll('$1', match[1] ?? ''))
    for (const target of importsOf(path)) {
      if (forbidden.test(target)) broken.push(`${path} imports ${target}: ${rule.because}`)
    }
  }
}

if (broken.length > 0) {
  console.error(broken.join('\n'))
  process.exitCode = 1
}
