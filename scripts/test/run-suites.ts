import { spawn } from 'node:child_process'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Where and why, of each test that failed. */
  readonly failures: readonly string[]
}

interface Suite {
  readonly name: string
  /** `report` is where a runner writes its JSON; a suite without one counts as one test. */
  command(report: string): readonly string[]
  readonly environment?: (report: string) => NodeJS.ProcessEnv
  readonly read?: (report: string) => Promise<Tally>
}

/** Lanes that run at the same time, each of suites that run one after the other. */
type Round = readonly (readonly Suite[])[]

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

const e2e: Suite = {
  name: 'e2e',
  command: () => ['playwright', 'test'],
  environment: (report) => ({ PLAYWRIGHT_JSON_OUTPUT_NAME: report }),
  read: readPlaywright,
}

/** Cheap before dear, so that a broken tree is told in seconds; side by side what two cores carry. */
const ROUNDS: readonly Round[] = [
  [
    [
      check('types', 'npm', 'run', '--silent', 'types'),
      check('format', 'oxfmt', '--check'),
      check('arrows', 'node', 'scripts/check/arrows.ts'),
      vitest('unit'),
      vitest('renderer'),
    ],
    [check('lint', 'npm', 'run', '--silent', 'lint'), check('unused', 'knip')],
  ],
  [[vitest('contract')]],
  [[vitest('integration')]],
  // These two wait more than they work; what a browser is in keeps both cores busy by itself.
  [[vitest('interop')], [vitest('faults')]],
  [[e2e]],
]

const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] }
const LINES_OF_A_FAILURE = 12

/** A suite that hangs fails, and the others still run. */
const SUITE_TIMEOUT_MS = 25 * 60_000

const wanted = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'muster-tests-'))
const total = { passed: 0, failed: 0, skipped: 0 }
const rows: string[] = []
const failures: string[] = []

for (const round of ROUNDS) {
  const lanes = round
    .map((lane) => lane.filter(({ name }) => wanted.length === 0 || wanted.includes(name)))
    .filter((lane) => lane.length > 0)
  await Promise.all(lanes.map((lane, index) => runLane(lane, index > 0)))
}
await rm(folder, { recursive: true, force: true })

// Once more at the end, where whoever sees the last page only finds it.
for (const failure of failures) console.log(`\n${failure}`)
console.log(`\n${rows.join('\n')}\n`)
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`)
const ran = total.passed + total.skipped > 0
process.exitCode = total.failed === 0 && ran ? 0 : 1

/** Of lanes at the same time one speaks at once; a quiet one lets each suite speak once it has ended. */
async function runLane(lane: readonly Suite[], isQuiet: boolean): Promise<void> {
  for (const suite of lane) {
    if (!isQuiet) console.log(`\n== ${suite.name}`)
    const startedAt = performance.now()
    const said = isQuiet ? join(folder, `${suite.name}.txt`) : undefined
    const tally = await runSuite(suite, join(folder, `${suite.name}.json`), said)
    const seconds = (performance.now() - startedAt) / 1000
    if (said !== undefined) console.log(`\n== ${suite.name}\n${await readFile(said, 'utf8')}`)
    count(suite, tally, seconds)
  }
}

function count(suite: Suite, tally: Tally, seconds: number): void {
  total.passed += tally.passed
  total.failed += tally.failed
  total.skipped += tally.skipped
  failures.push(...tally.failures.map((failure) => `FAILED ${suite.name}: ${failure}`))
  rows.push(
    `${suite.name.padEnd(12)} ${String(tally.passed).padStart(5)} passed ${String(tally.failed).padStart(3)} failed ` +
      `${String(tally.skipped).padStart(3)} skipped ${seconds.toFixed(1).padStart(7)} s`,
  )
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
  if (suite.read === undefined) {
    return code === 0 ? { ...NOTHING, passed: 1 } : { ...NOTHING, failed: 1 }
  }
  const tally = await suite.read(report).catch(() => NOTHING)
  // A runner that fails without a failed test (a crash, an unhandled error) still fails the suite.
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally
}

async function readVitest(report: string): Promise<Tally> {
  const json = JSON.parse(await readFile(report, 'utf8')) as {
    numPassedTests: number
    numPendingTests: number
    numTodoTests: number
    testResults: readonly {
      name: string
      status: string
      message: string
      assertionResults: readonly { fullName: string; status: string; failureMessages: string[] }[]
    }[]
  }
  const failures = json.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed')
    const file = relative(process.cwd(), name)
    // A file that does not load, or whose hooks fail, has no test that failed.
    if (status === 'failed' && tests.length === 0) return [describeFailure(file, message)]
    return tests.map((test) =>
      describeFailure(`${file} > ${test.fullName}`, test.failureMessages[0]),
    )
  })
  return {
    passed: json.numPassedTests,
    failed: failures.length,
    skipped: json.numPendingTests + json.numTodoTests,
    failures,
  }
}

interface PlaywrightSuite {
  readonly suites?: readonly PlaywrightSuite[]
  readonly specs: readonly {
    readonly title: string
    readonly file: string
    readonly line: number
    readonly tests: readonly {
      readonly status: 'expected' | 'unexpected' | 'flaky' | 'skipped'
      readonly results: readonly { readonly error?: { readonly message?: string } }[]
    }[]
  }[]
}

async function readPlaywright(report: string): Promise<Tally> {
  const json = JSON.parse(await readFile(report, 'utf8')) as {
    suites: readonly PlaywrightSuite[]
    stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  }
  const { expected, unexpected, flaky, skipped } = json.stats
  const specs = json.suites.flatMap(specsOf)
  const failed = specs.flatMap(({ title, file, line, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected' || status === 'flaky')
      .map(({ results }) =>
        describeFailure(`${file}:${line} > ${title}`, results[0]?.error?.message),
      ),
  )
  return { passed: expected, failed: unexpected + flaky, skipped, failures: failed }
}

function specsOf({ suites = [], specs }: PlaywrightSuite): PlaywrightSuite['specs'] {
  return [...specs, ...suites.flatMap(specsOf)]
}

function describeFailure(where: string, message = ''): string {
  const lines = stripVTControlCharacters(message).trim().split('\n')
  const own = lines.filter((line) => !/\bnode_modules\b|\bat .*\bnew Promise\b/u.test(line))
  return [where, ...own.slice(0, LINES_OF_A_FAILURE)].join('\n  ')
}
