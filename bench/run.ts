// `npm run bench [-- NAME…] [--json] [--runs=N] [--full]`, after `scripts/bench.mjs` set everything up: runs
// the benchmarks whose names begin with a NAME and prints a table, or one JSON object a line.
// Exits 1 where one of them can't be run, never for a slow figure.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '#shared/errors.ts'
import type { Benchmark, Sample } from './benchmark.ts'
import { BENCHMARKS } from './catalog.ts'
import { Endings } from './endings.ts'
import { describeMachine, thisMachine } from './machine.ts'
import { resultsOf, tableHead, tableRow, type Outcome } from './report.ts'

const DEFAULT_RUNS = 5
const INTERRUPTED = 130
/** What hangs on something that was ended is given up after this. */
const GIVE_UP_AFTER_MS = 8000

interface Wishes {
  readonly benchmarks: readonly Benchmark[]
  readonly runs: number
  /** Also of what takes minutes, each sample from the beginning. */
  readonly full: boolean
  readonly json: boolean
}

const interruption = new AbortController()
const givenUp = Promise.withResolvers<never>()
givenUp.promise.catch(() => undefined)
let givingUp: NodeJS.Timeout | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // What is under way fails when its parts end; what was only starting is ended after it.
  process.on(signal, () => {
    if (interruption.signal.aborted) return
    interruption.abort()
    givingUp = setTimeout(() => givenUp.reject(new Error('Interrupted.')), GIVE_UP_AFTER_MS)
    void endings.run()
  })
}
const folder = mkdtempSync(join(tmpdir(), 'muster-bench-'))
// At the very end: a process that was just starting writes into its folder until it is ended.
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const endings = new Endings(folder)
try {
  process.exitCode = await runAll(readWishes(process.argv.slice(2)))
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = 1
} finally {
  clearTimeout(givingUp)
}

/** @throws Error whose message tells what there is to choose from. */
function readWishes(args: string[]): Wishes {
  const { values, positionals: names } = parseArgs({
    args,
    options: {
      json: { type: 'boolean', default: false },
      runs: { type: 'string', default: String(DEFAULT_RUNS) },
      full: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  const runs = Number(values.runs)
  if (!Number.isSafeInteger(runs) || runs < 1) throw new Error('--runs takes a number above 0.')
  const rows = BENCHMARKS.flatMap(rowsOf)
  const unknown = names.find((name) => rows.every((row) => !row.startsWith(name)))
  if (unknown !== undefined) {
    const all = rows.map((row) => `  ${row}`).join('\n')
    throw new Error(`No benchmark begins with ${unknown}. There are:\n${all}`)
  }
  const isWanted = (benchmark: Benchmark) =>
    names.length === 0 ||
    rowsOf(benchmark).some((row) => names.some((prefix) => row.startsWith(prefix)))
  const { full, json } = values
  return { benchmarks: BENCHMARKS.filter(isWanted), runs, full, json }
}

function rowsOf({ name, further = [] }: Benchmark): string[] {
  return [name, ...further.map((figure) => figure.name)]
}

async function runAll({ benchmarks, runs, full, json }: Wishes): Promise<number> {
  // With --json only results go to standard output, so that a program can read it.
  for (const line of describeMachine(thisMachine())) (json ? console.error : console.log)(line)
  if (!json) console.log(`\n${tableHead()}`)
  let failed = 0
  for (const benchmark of benchmarks) {
    const outcome = await measure(benchmark, runs, full)
    if (interruption.signal.aborted) return INTERRUPTED
    if ('failure' in outcome) {
      failed += 1
      console.error(outcome.failure)
    }
    for (const result of resultsOf(outcome)) {
      console.log(json ? JSON.stringify(result) : tableRow(result))
    }
  }
  return failed === 0 ? 0 : 1
}

async function measure(benchmark: Benchmark, runs: number, full: boolean): Promise<Outcome> {
  const { mostRuns = runs } = benchmark
  const wanted = full ? runs : Math.min(runs, mostRuns)
  const samples: Sample[] = []
  try {
    while (samples.length < wanted && !interruption.signal.aborted) {
      const here = Math.min(mostRuns, wanted - samples.length)
      samples.push(...(await samplesOfOneSite(benchmark, here, full)))
    }
    return { benchmark, samples }
  } catch (error) {
    return { benchmark, failure: `${benchmark.name} can't be run here: ${messageOf(error)}` }
  }
}

async function samplesOfOneSite(
  benchmark: Benchmark,
  runs: number,
  full: boolean,
): Promise<Sample[]> {
  try {
    const sample = await orGivenUp(benchmark.prepare({ runs, full, endings }))
    const samples: Sample[] = []
    while (samples.length < runs && !interruption.signal.aborted)
      samples.push(await orGivenUp(sample()))
    return samples
  } finally {
    await endings.run()
  }
}

function orGivenUp<T>(work: Promise<T>): Promise<T> {
  return Promise.race([work, givenUp.promise])
}
