import { spawn } from 'node:child_process'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

interface Suite {
  readonly name: string
  /** `report` is where a runner writes its JSON; a suite without one counts as one test. */
  command(report: string): readonly string[]
  readonly environment?: (report: string) => NodeJS.ProcessEnv
  readonly read?: (report: string) => Promise<Tally>
  /** Runs at the same time as the suite before it. */
  readonly beside?: true
}

const check = (name: string, ...command: string[]): Suite => ({ name, command: () => command })

const vitest = (project: string): Suite => ({
  name: project,
  command: (report) => [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
  read: readVitest,
})

/** Cheap before dear, so that a broken tree is told in seconds. */
const SUITES: readonly Suite[] = [
  check('types', 'npm', 'run', '--silent', 'types'),
  check('lint', 'npm', 'run', '--silent', 'lint'),
  check('format', 'oxfmt', '--check'),
  check('arrows', 'node', 'scripts/check/arrows.ts'),
  check('unused', 'knip'),
  vitest('unit'),
  vitest('renderer'),
  vitest('contract'),
  vitest('integration'),
  {
    name: 'e2e',
    command: () => ['playwright', 'test'],
    environment: (report) => ({ PLAYWRIGHT_JSON_OUTPUT_NAME: report }),
    read: readPlaywright,
  },
  // One worker each, and both wait more than they work.
  { ...vitest('interop'), beside: true },
]

/** A suite that hangs fails, and the others still run. */
const SUITE_TIMEOUT_MS = 12 * 60_000

const wanted = process.argv.slice(2)
const suites = SUITES.filter((suite) => wanted.length === 0 || wanted.includes(suite.name))
const folder = await mkdtemp(join(tmpdir(), 'muster-tests-'))
const total = { passed: 0, failed: 0, skipped: 0 }
const rows: string[] = []

for (const round of roundsOf(suites)) {
  const tallies = await Promise.all(round.map((suite, index) => timed(suite, index > 0)))
  for (const { suite, tally, seconds } of tallies) {
    total.passed += tally.passed
    total.failed += tally.failed
    total.skipped += tally.skipped
    rows.push(
      `${suite.name.padEnd(12)} ${String(tally.passed).padStart(5)} passed ${String(tally.failed).padStart(3)} failed ` +
        `${String(tally.skipped).padStart(3)} skipped ${seconds.toFixed(1).padStart(7)} s`,
    )
  }
}
await rm(folder, { recursive: true, force: true })

console.log(`\n${rows.join('\n')}\n`)
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`)
const ran = total.passed + total.skipped > 0
process.exitCode = total.failed === 0 && ran ? 0 : 1

/** Suites that run at the same time stand in one round. */
function roundsOf(all: readonly Suite[]): Suite[][] {
  const rounds: Suite[][] = []
  for (const suite of all) {
    const last = rounds.at(-1)
    if (suite.beside === true && last !== undefined) last.push(suite)
    else rounds.push([suite])
  }
  return rounds
}

/** Runs a suite; one beside another says what it has to say once it has ended. */
async function timed(suite: Suite, isQuiet: boolean) {
  if (!isQuiet) console.log(`\n== ${suite.name}`)
  const startedAt = performance.now()
  const said = isQuiet ? join(folder, `${suite.name}.txt`) : undefined
  const tally = await runSuite(suite, join(folder, `${suite.name}.json`), said)
  const seconds = (performance.now() - startedAt) / 1000
  if (said !== undefined) console.log(`\n== ${suite.name}\n${await readFile(said, 'utf8')}`)
  return { suite, tally, seconds }
}

/** @param output A file for what the suite prints; the terminal without one. */
async function runSuite(suite: Suite, report: string, output?: string): Promise<Tally> {
  const [command = '', ...args] = suite.command(report)
  const file = output === undefined ? undefined : await open(output, 'w')
  const channel = file === undefined ? 'inherit' : file.fd
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', channel, channel],
      shell: process.platform === 'win32',
      env: { ...process.env, ...suite.environment?.(report) },
    })
    const hung = setTimeout(() => {
      console.error(`${suite.name} did not end within ${SUITE_TIMEOUT_MS / 60_000} minutes; ended.`)
      child.kill('SIGKILL')
    }, SUITE_TIMEOUT_MS)
    child.once('error', reject)
    child.once('exit', (exitCode) => {
      clearTimeout(hung)
      resolve(exitCode ?? 1)
    })
  })
  await file?.close()
  if (suite.read === undefined)
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
  const tally = await suite.read(report).catch(() => ({ passed: 0, failed: 0, skipped: 0 }))
  // A runner that fails without a failed test (a crash, an unhandled error) still fails the suite.
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally
}

async function readVitest(report: string): Promise<Tally> {
  const json = JSON.parse(await readFile(report, 'utf8')) as {
    numPassedTests: number
    numFailedTests: number
    numPendingTests: number
    numTodoTests: number
  }
  return {
    passed: json.numPassedTests,
    failed: json.numFailedTests,
    skipped: json.numPendingTests + json.numTodoTests,
  }
}

async function readPlaywright(report: string): Promise<Tally> {
  const json = JSON.parse(await readFile(report, 'utf8')) as {
    stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  }
  const { expected, unexpected, flaky, skipped } = json.stats
  return { passed: expected, failed: unexpected + flaky, skipped }
}
