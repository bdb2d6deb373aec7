import { readFile } from 'node:fs/promises'
import { messageOf, RejectedError, toMusterError } from '#shared/errors.ts'
import { SimulatorPlan, type SimulatorReport } from './plan.ts'
import { startSimulation, type Simulation } from './simulation.ts'

/**
 * The simulator as a process of its own. Its plan comes as the first message of the parent
 * (`child_process.fork`) or as the path of a JSON file; it reports over the same channel, or as
 * lines of JSON on standard output. It ends on the message `{type: 'stop'}`, on SIGINT or SIGTERM,
 * and when the parent goes away.
 */
const EXIT_FAILED = 1

let running: Promise<Simulation> | undefined
let stopping = false

function report(message: SimulatorReport): void {
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(message)}\n`)
  // A parent that goes away at this moment is told nothing, and that is no fault.
  else if (process.connected) process.send(message, undefined, {}, () => undefined)
}

/** Flushes the channel before the end, since `process.exit` does not. */
function reportLast(message: SimulatorReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) {
      report(message)
      resolve()
      return
    }
    process.send(message, undefined, {}, () => resolve())
  })
}

async function start(input: unknown): Promise<void> {
  if (running !== undefined || stopping) return
  try {
    running = startSimulation(parsePlan(input), report)
    await running
  } catch (error) {
    const { code, message, cause } = toMusterError(error)
    const why = code === 'INTERNAL' ? messageOf(cause) : message
    await reportLast({ type: 'failed', code, message: why })
    process.exit(EXIT_FAILED)
  }
}

async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  const simulation = await running?.catch(() => undefined)
  await simulation?.stop()
  await reportLast({ type: 'stopped' })
  process.exit(0)
}

/** @throws RejectedError `PLAN_MALFORMED`, which names the field and never its value. */
function parsePlan(input: unknown): SimulatorPlan {
  const { success, data, error } = SimulatorPlan.safeParse(input)
  if (success) return data
  const [issue] = error.issues
  throw new RejectedError({
    code: 'PLAN_MALFORMED',
    message: `The plan of the simulator can't be read: ${issue?.path.join('.') ?? ''} (${issue?.code ?? ''}).`,
    advice: 'Compare the plan with SimulatorPlan.',
  })
}

process.once('SIGTERM', () => void stop())
process.once('SIGINT', () => void stop())

const [, , planPath] = process.argv
if (planPath !== undefined) {
  await start(JSON.parse(await readFile(planPath, 'utf8')))
} else {
  process.once('disconnect', () => void stop())
  process.on('message', (message: unknown) => {
    const isStop =
      typeof message === 'object' &&
      message !== null &&
      'type' in message &&
      message.type === 'stop'
    void (isStop ? stop() : start(message))
  })
}
