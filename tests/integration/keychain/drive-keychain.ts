import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { KeychainStatus } from '#shared/contract/keychain.ts'
import type {
  KeychainService,
  KeychainServiceOptions,
} from '../../../src/main/keychain/keychain-service.ts'

export type DriverOptions = Pick<
  KeychainServiceOptions,
  'folder' | 'service' | 'vaultCost' | 'allowMemory' | 'os'
>

type Method =
  | 'open'
  | 'retry'
  | 'status'
  | 'createVault'
  | 'unlock'
  | 'startOver'
  | 'get'
  | 'set'
  | 'delete'
  | 'accounts'
  | 'close'

export interface DriverCall {
  readonly id: number
  readonly method: Method
  readonly args: readonly string[]
}

export interface DriverAnswer {
  readonly id: number
  readonly value?: unknown
  readonly waits?: boolean
  readonly code?: string
}

type Answer<M extends Method> = Awaited<ReturnType<KeychainService[M]>> | { readonly code: string }

/** A KeychainService in another process. A failed call gives `{ code }` of its error. */
export interface Driver {
  call<M extends Method>(method: M, ...args: Parameters<KeychainService[M]>): Promise<Answer<M>>
  open(): Promise<KeychainStatus>
  retry(): Promise<KeychainStatus>
  /** Whether the keychain waited for the system when the last call came back. */
  waits(): boolean
  /** Closes it and waits for the process to end by itself. */
  end(): Promise<void>
  kill(): Promise<void>
}

export function driveKeychain(options: DriverOptions, env: NodeJS.ProcessEnv): Driver {
  const script = fileURLToPath(new URL('keychain-driver.ts', import.meta.url))
  const child = fork(script, [JSON.stringify(options)], { env, execArgv: [] })
  const waiting = new Map<number, (answer: DriverAnswer) => void>()
  let calls = 0
  let waits = false
  child.on('message', (answer: DriverAnswer) => {
    waits = answer.waits ?? waits
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  child.once('exit', (_code, signal) => {
    for (const [id, answer] of waiting) answer({ id, code: `EXITED_${signal ?? 'EARLY'}` })
  })

  const call = async <M extends Method>(
    method: M,
    ...args: Parameters<KeychainService[M]>
  ): Promise<Answer<M>> => {
    const answered = Promise.withResolvers<DriverAnswer>()
    calls += 1
    waiting.set(calls, answered.resolve)
    child.send({ id: calls, method, args } satisfies DriverCall)
    const answer = await answered.promise
    if (answer.code !== undefined) return { code: answer.code }
    return answer.value as Answer<M>
  }
  const exited = once(child, 'exit')
  return {
    call,
    open: async () => (await call('open')) as KeychainStatus,
    retry: async () => (await call('retry')) as KeychainStatus,
    waits: () => waits,
    async end() {
      await call('close')
      child.disconnect()
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
