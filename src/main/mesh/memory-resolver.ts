import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { RejectedError, TransientError } from '#shared/errors.ts'
import type { AccountRemoval, SignedAccount } from '../authority/account-publisher.ts'
import { accountsInUse, confirmInUse, heldOrStored, updateInUse } from './accounts-in-use.ts'
import type { WayOptions } from './full-resolver.ts'
import { GeneratedConfigFile, type GeneratedConfig } from './generated-config.ts'
import { explainFileError } from './mesh-files.ts'
import type { HeldAccount, ResolverWay } from './resolver-way.ts'
import { pause } from './waiting.ts'

const RELOAD_TIMEOUT_MS = 3_000
const CONFIRM_INTERVAL_MS = 50
/** While a server reads its configuration it loses questions; so they are asked again. */
const RELOAD_ANSWER_TIMEOUT_MS = 250

type Preload = GeneratedConfig['preload']

export interface MemoryResolverOptions extends WayOptions {
  /** The server's configuration file, on this computer. */
  readonly configPath: string
  /** Where its process id stands; null where the configuration file says so itself. */
  readonly pidFile: string | null
  readonly operator: () => Promise<Pick<GeneratedConfig, 'operatorJwt' | 'systemAccount'>>
}

/**
 * The memory resolver: accounts stand in `resolver_preload` of the server's configuration file. A
 * running server takes a change of an account only while that is in use, and says `code 200` otherwise too
 * ("skipped"); so the file is written first, what is in use is changed at once, and for the rest the server
 * reads its file again.
 */
export class MemoryResolver implements ResolverWay {
  readonly kind = 'memory'
  readonly removes = true
  readonly #options: MemoryResolverOptions
  readonly #file: GeneratedConfigFile
  /** The file says something that the servers have not read, or may not have. */
  #unread = true

  constructor(options: MemoryResolverOptions) {
    this.#options = options
    this.#file = new GeneratedConfigFile(options.configPath)
  }

  async list(signal: AbortSignal): Promise<readonly string[]> {
    const preload = await this.#file.preload()
    return [...new Set([...preload.keys(), ...(await accountsInUse(this.#options, signal))])]
  }

  async held(
    accounts: readonly string[],
    _thorough: boolean,
    signal: AbortSignal,
  ): Promise<readonly HeldAccount[]> {
    const preload = await this.#file.preload()
    const storedOf = async (publicKey: string) => preload.get(publicKey)?.jwt
    return heldOrStored(this.#options, accounts, storedOf, signal)
  }

  async push(accounts: readonly SignedAccount[], signal: AbortSignal): Promise<void> {
    const before = await this.#file.preload()
    const after = new Map(before)
    for (const { publicKey, name, jwt } of accounts) after.set(publicKey, { name, jwt })
    await this.#changing(before, after, async () => {
      let skipped = false
      for (const account of accounts) {
        skipped = (await updateInUse(this.#options, account, signal)).skipped || skipped
      }
      if (skipped && this.#unread) await this.#reload(signal)
      for (const account of accounts) await confirmInUse(this.#options, account, signal)
    })
  }

  async withdraw(removal: AccountRemoval, signal: AbortSignal): Promise<void> {
    const before = await this.#file.preload()
    const after = new Map(before)
    for (const publicKey of removal.publicKeys) after.delete(publicKey)
    await this.#changing(before, after, async () => {
      if (this.#unread) await this.#reload(signal)
    })
  }

  /** `work` on a changed file; where that fails, the file is as it was before anything else is tried. */
  async #changing(before: Preload, after: Preload, work: () => Promise<void>): Promise<void> {
    const wasUnread = this.#unread
    const changed = !isDeepStrictEqual(before, after)
    if (changed) {
      await this.#write(after)
      this.#unread = true
    }
    try {
      await work()
    } catch (error) {
      if (changed && this.#unread) {
        await this.#write(before)
        this.#unread = wasUnread
      }
      throw error
    }
  }

  async #write(preload: Preload): Promise<void> {
    const operator = await this.#options.operator()
    try {
      await this.#file.write({ resolver: 'memory', ...operator, preload })
    } catch (error) {
      throw explainFileError(error, dirname(this.#file.path))
    }
  }

  /** Has the servers read their configuration again: on `$SYS` from 2.10 on, else by a signal. */
  async #reload(signal: AbortSignal): Promise<void> {
    const { link, roster } = this.#options
    for (const { id, name } of await roster.servers(signal)) {
      const answers = await link.gather(`$SYS.REQ.SERVER.${id}.RELOAD`, '', () => true, signal)
      const failure = answers.find((answer) => answer.includes('"error"'))
      if (failure !== undefined) throw reloadRefused(name)
      if (answers.length === 0) await this.#signal(signal)
    }
    this.#unread = false
    // The reload may have cut what was under way on the system account.
    roster.forget()
  }

  async #signal(signal: AbortSignal): Promise<void> {
    const named = this.#options.pidFile ?? (await this.#file.pidFile())
    if (named === undefined) throw reloadByHand(this.#file.path)
    const path = resolve(dirname(this.#file.path), named)
    const pid = Number((await readFile(path, 'utf8').catch(() => '')).trim())
    if (!Number.isSafeInteger(pid) || pid <= 1) throw reloadByHand(this.#file.path)
    const before = await this.#loadedAt(signal)
    try {
      process.kill(pid, 'SIGHUP')
    } catch (error) {
      throw reloadByHand(this.#file.path, error)
    }
    const deadline = AbortSignal.timeout(RELOAD_TIMEOUT_MS)
    for (;;) {
      // A reload may lose an answer: saying nothing proves nothing.
      const loaded = await this.#loadedAt(signal)
      if (loaded !== '' && loaded !== before) return
      if (deadline.aborted) throw reloadRefused(path)
      await pause(CONFIRM_INTERVAL_MS, signal)
      signal.throwIfAborted()
    }
  }

  /** When the servers read their configuration last. */
  async #loadedAt(signal: AbortSignal): Promise<string> {
    const trust = await this.#options.roster.trust(signal, RELOAD_ANSWER_TIMEOUT_MS)
    return trust.map(({ serverId, loadedAt }) => `${serverId} ${loadedAt}`).join(' ')
  }
}

function reloadRefused(server: string): TransientError {
  return new TransientError({
    code: 'SERVER_RELOAD_FAILED',
    message: `The NATS server ${server.slice(0, 128)} did not read its configuration again. It goes on with the accounts that it had.`,
    advice:
      'Look at its log: often the part of the configuration that Muster does not write has an error. Then try again.',
  })
}

function reloadByHand(configPath: string, cause?: unknown): RejectedError {
  return new RejectedError({
    code: 'SERVER_RELOAD_BY_HAND',
    message: `The NATS server has to read ${configPath} again, and Muster can not make it: before version 2.10 that takes a signal to a process on this computer.`,
    advice:
      'Put a line pid_file: "/path/nats-server.pid" into the configuration, restart the server, and see that Muster runs as a user who may signal it. Or use nats-server 2.10 or newer.',
    details: { path: configPath },
    cause,
  })
}
