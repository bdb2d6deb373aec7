import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { FaultWorld } from '../../../support/fault/fault-world.ts'
import { testedNscService } from '../../../support/nsc-service.ts'
import { NEVER } from '#shared/never.ts'

export interface ImportOrder {
  readonly folder: string
  /** The process ends itself once it has done this to so many key files; 0 for never. */
  readonly dieAfter: { readonly call: 'overwrite' | 'delete'; readonly times: number }
}

/**
 * Scenario: imports the only operator of a store and has its key files removed.
 * @public loaded by its path, in a process that kills itself
 */
export async function run(world: FaultWorld, argument: string): Promise<void> {
  const { folder, dieAfter } = JSON.parse(argument) as ImportOrder
  const nsc = testedNscService({ ...world, home: folder })
  const scan = await nsc.scan({ folders: [folder] }, NEVER)
  dieIn(dieAfter)
  nsc.import({
    scan: scan.id,
    operator: scan.operators[0]?.publicKey ?? '',
    dialect: 'device-connect',
    removeFiles: true,
  })
  await new Promise<void>((resolve) => {
    nsc.subscribe(({ import: now }) => {
      if (now?.state !== 'running') resolve()
    })
  })
  await nsc.close()
}

function dieIn({ call, times }: ImportOrder['dieAfter']): void {
  let left = times
  const die = () => {
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
  const { open, unlink } = promises
  if (call === 'delete') {
    promises.unlink = async (path) => {
      await unlink(path)
      if (isKeyFile(path)) die()
    }
  } else {
    promises.open = async (path, ...more) => {
      const file = await open(path, ...more)
      const sync = file.sync.bind(file)
      // Overwriting ends with a sync, and deleting comes after it.
      if (isKeyFile(path) && more[0] === 'r+') {
        file.sync = async () => {
          await sync()
          die()
        }
      }
      return file
    }
  }
  syncBuiltinESMExports()
}

function isKeyFile(path: unknown): boolean {
  return String(path).endsWith('.nk')
}
