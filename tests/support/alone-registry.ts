import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { SIDECAR_NODE_ARGUMENTS } from '../../src/main/registry/sidecar-process.ts'
import { endWithUs } from './end-with-us.ts'
import { until } from './until.ts'

const ENTRY = resolve(import.meta.dirname, '../../src/main/registry/sidecar.mjs')
const START_TIMEOUT_MS = 60_000

export interface AloneRegistryOptions {
  /** docs/registry.md, "Environment when it runs alone". */
  readonly env: Readonly<Record<string, string>>
  /** Arguments for Node itself. */
  readonly nodeArgs?: readonly string[]
  /** What starts Node in its turn, and becomes it (`exec`); Node itself unless told. */
  readonly wrapper?: readonly string[]
  /** Removed when the process that started it is gone. */
  readonly folder: string
}

/** The registry as `npm run registry` starts it. */
export interface AloneRegistry {
  readonly pid: number
  /** Its log so far. */
  output(): string
  /** Resolves when it says that it serves. */
  serving(): Promise<void>
  signal(name: NodeJS.Signals): void
  /** Ends it and resolves when it is gone. */
  end(name: NodeJS.Signals): Promise<void>
}

/** Starts the real registry process with this environment and nothing else of ours. */
export function startAloneRegistry(options: AloneRegistryOptions): AloneRegistry {
  const nodeArguments = [...SIDECAR_NODE_ARGUMENTS, ...(options.nodeArgs ?? [])]
  const whole = [...(options.wrapper ?? []), process.execPath, ...nodeArguments, ENTRY]
  const child = spawn(whole[0] ?? process.execPath, whole.slice(1), {
    env: { PATH: process.env['PATH'], HOME: tmpdir(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => void (output += chunk.toString()))
  }
  endWithUs(child, options.folder)
  const exited = once(child, 'exit')
  const isGone = () => child.exitCode !== null || child.signalCode !== null
  return {
    pid: child.pid ?? -1,
    output: () => output,
    serving: () =>
      until(
        'the registry to serve',
        () => {
          if (isGone()) throw new Error(`The registry ended. It said:\n${output.slice(-2000)}`)
          return output.includes('the registry serves')
        },
        START_TIMEOUT_MS,
      ),
    signal: (name) => void child.kill(name),
    end: async (name) => {
      if (isGone()) return
      child.kill(name)
      await exited
    },
  }
}
