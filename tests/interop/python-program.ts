import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const SCRIPTS = join(import.meta.dirname, 'python')
const PATIENCE_MS = 60_000
const STOP_TIMEOUT_MS = 30_000

export interface PythonProgramOptions {
  readonly python: string
  /** A script of `python/`, or `-m` and a module, and arguments. */
  readonly command: readonly [string, ...string[]]
  /** Working folder and home. */
  readonly folder: string
  readonly environment?: NodeJS.ProcessEnv
}

/** A line on standard output that is a JSON object. */
export type Fact = Readonly<Record<string, unknown>>

/** A Python process that the tests started, with everything it says. */
export class PythonProgram {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: string[] = []
  readonly #listeners = new Set<() => void>()
  /** Standard output alone. */
  output = ''
  #closed = false

  constructor(options: PythonProgramOptions) {
    const [first, ...rest] = options.command
    const command = first === '-m' ? ['-m', ...rest] : [join(SCRIPTS, first), ...rest]
    this.#child = spawn(options.python, command, {
      cwd: options.folder,
      env: { ...environment(options.folder), ...options.environment },
    })
    const killWithUs = () => void this.#child.kill('SIGKILL')
    process.once('exit', killWithUs)
    this.#child.once('close', () => {
      process.removeListener('exit', killWithUs)
      this.#closed = true
      this.#tell()
    })
    // It can't be run at all; `close` follows.
    this.#child.once('error', (error) => this.#hear(error.message))
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.output += `${line}\n`
      this.#hear(line)
    })
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.#hear(line))
  }

  /** Resolves with the first line said, before or after now, that satisfies `wanted`. */
  async line(what: string, wanted: (line: string) => boolean): Promise<string> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    for (;;) {
      const found = this.#lines.find(wanted)
      if (found !== undefined) return found
      if (this.#closed || late.aborted) {
        const how = this.#closed ? 'It ended' : `${PATIENCE_MS} ms passed`
        throw new Error(`${how} without ${what}. It said:\n${this.#lines.join('\n')}`)
      }
      await this.#more(late)
    }
  }

  /** Resolves with the first fact that has all of these fields. */
  async fact(fields: Fact): Promise<Fact> {
    let fact: Fact = {}
    await this.line(`saying ${JSON.stringify(fields)}`, (line) => {
      if (!line.startsWith('{')) return false
      fact = JSON.parse(line) as Fact
      return Object.entries(fields).every(([name, value]) => fact[name] === value)
    })
    return fact
  }

  /** Writes a line to its standard input. */
  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`)
  }

  /** Stops it in its tracks, as a computer that goes to sleep does; `wake` goes on. */
  sleep(): void {
    this.#child.kill('SIGSTOP')
  }

  wake(): void {
    this.#child.kill('SIGCONT')
  }

  /** Resolves with its exit code once it ended by itself. */
  async ended(): Promise<number | null> {
    if (!this.#closed)
      await once(this.#child, 'close', { signal: AbortSignal.timeout(PATIENCE_MS) })
    return this.#child.exitCode
  }

  /** Ends it in order, and by force where it does not. */
  async stop(): Promise<void> {
    if (this.#closed) return
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    this.wake()
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await closed
    clearTimeout(force)
  }

  #hear(line: string): void {
    this.#lines.push(line)
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#listeners.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#listeners.add(done)
      signal.addEventListener('abort', done)
    })
  }
}

/** Nothing of this machine's own settings for the reference, and nothing written beside scripts. */
function environment(folder: string): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env
  return {
    PATH,
    ...(SystemRoot === undefined ? {} : { SystemRoot }),
    HOME: folder,
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUTF8: '1',
    // Devices of a real fleet spread their registrations over two seconds.
    DEVICE_CONNECT_REGISTER_JITTER: '0',
  }
}
