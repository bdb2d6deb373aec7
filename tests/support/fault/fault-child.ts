// Runs one scenario on a profile and kills itself at the given boundary of its procedures, counted from 1.
// Forked by fault-run.ts, which sends the order and owns the server.
import { once } from 'node:events'
import { flushCompileCache } from 'node:module'
import type { Bootstrap } from '../../../src/main/authority/authority.ts'
import type { ProcedureBoundary } from '../../../src/main/steps/procedure.ts'
import { openFaultWorld, type FaultWorld } from './fault-world.ts'

export interface FaultOrder {
  readonly folder: string
  readonly serverUrl: string
  /** Path of a module that exports `run(world, argument)`. */
  readonly scenario: string
  readonly argument: string
  readonly killAt: number
  readonly bare: boolean
}

interface Scenario {
  readonly run: (world: FaultWorld, argument: string) => Promise<void>
}

function tell(message: unknown): void {
  process.send?.(message)
}

async function startServer(bootstrap: Bootstrap): Promise<string> {
  tell({ type: 'start-server', bootstrap })
  const [url] = (await once(process, 'message')) as [string]
  return url
}

const [order] = (await once(process, 'message')) as [FaultOrder]
const { run } = (await import(order.scenario)) as Scenario
// Kept at an orderly end otherwise, and most of these processes have none.
flushCompileCache()
const passed: ProcedureBoundary[] = []
const world = await openFaultWorld({
  folder: order.folder,
  serverUrl: order.serverUrl,
  bare: order.bare,
  startServer,
  atBoundary: (boundary) => {
    passed.push(boundary)
    if (passed.length === order.killAt) process.kill(process.pid, 'SIGKILL')
  },
})
await run(world, order.argument)
await world.close()
tell({ type: 'finished', passed })
process.disconnect()
