import { fork } from 'node:child_process'
import { join } from 'node:path'
import { endChild } from '../end-with-us.ts'
import type { LoadCalls } from './load-calls.ts'

const ENTRY = join(import.meta.dirname, 'process.ts')

/** A load process: what `LoadCalls` says, and its end. */
export interface FleetLoad extends LoadCalls {
  close(): Promise<void>
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string })

/** Starts a load process, connected to these servers; it ends with this one. */
export async function startFleetLoad(servers: readonly string[]): Promise<FleetLoad> {
  const child = fork(ENTRY, [], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  child.on('message', (answer: Answer) => {
    const { id } = answer
    if ('error' in answer) waiting.get(id)?.reject(new Error(answer.error))
    else waiting.get(id)?.resolve(answer.result)
    waiting.delete(id)
  })
  child.once('exit', () => {
    for (const it of waiting.values()) it.reject(new Error('The load process ended.'))
  })
  const call = async (name: keyof LoadCalls, given: readonly unknown[]) => {
    lastId += 1
    const id = lastId
    const answered = Promise.withResolvers<unknown>()
    waiting.set(id, answered)
    child.send({ id, name, given }, (error) => {
      if (error !== null) answered.reject(error)
    })
    return answered.promise
  }
  const calls = new Proxy({} as LoadCalls, {
    get: (_target, name: string) =>
      name === 'then'
        ? undefined
        : (...given: readonly unknown[]) => call(name as keyof LoadCalls, given),
  })
  await calls.connect({ servers })
  return new Proxy({} as FleetLoad, {
    get: (_target, name: string) =>
      name === 'close' ? () => endChild(child, 'SIGTERM') : (Reflect.get(calls, name) as unknown),
  })
}
