import type { Problem } from '#shared/contract/common.ts'
import { messageOf, toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { Logger } from '../log/logger.ts'
import type { CertifiedKey } from '../mesh/x509.ts'
import { HandOverServer, type AnswerRequest } from '../web/hand-over-server.ts'
import { listenAt, portTaken } from '../web/served-address.ts'

export interface PackageServersOptions {
  readonly identity: () => Promise<CertifiedKey>
  readonly answer: AnswerRequest
  /** Which addresses can't be served has changed. */
  readonly changed: () => void
  readonly log: Logger
}

/** The servers at which packages are fetched: one for each address, and only while a token for it is open. */
export class PackageServers {
  readonly #options: PackageServersOptions
  readonly #servers = new Map<string, HandOverServer>()
  readonly #problems = new Map<string, Problem>()
  #work: Promise<void> = Promise.resolve()

  constructor(options: PackageServersOptions) {
    this.#options = options
  }

  /** What is wrong, by address. */
  problems(): ReadonlyMap<string, Problem> {
    return this.#problems
  }

  /** Serves at one more address. @throws RejectedError `ENROLL_URL`; TransientError `ENROLL_NOT_SERVED`. */
  add(url: string): Promise<void> {
    return this.#inTurn(() => this.#open(url))
  }

  /** Serves at these addresses and no others; what can't be served is among `problems`. */
  keep(urls: ReadonlySet<string>): Promise<void> {
    return this.#inTurn(async () => {
      for (const [url, server] of this.#servers) {
        if (urls.has(url)) continue
        this.#servers.delete(url)
        await server.close()
      }
      for (const url of this.#problems.keys()) if (!urls.has(url)) this.#problems.delete(url)
      for (const url of urls) {
        await this.#open(url).catch((error: unknown) => {
          this.#problems.set(url, problemOf(toMusterError(error)))
        })
      }
      this.#options.changed()
    })
  }

  close(): Promise<void> {
    return this.keep(new Set())
  }

  async #open(url: string): Promise<void> {
    if (this.#servers.has(url)) return
    const { host, port } = await listenAt(url)
    const { identity, answer, log } = this.#options
    const server = new HandOverServer({ host, port, tls: await identity(), answer, log })
    try {
      await server.listen()
    } catch (error) {
      throw portTaken(url, messageOf(error), error)
    }
    this.#servers.set(url, server)
    this.#problems.delete(url)
    log.info('packages can be fetched', { host, port })
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work)
    this.#work = done.catch(() => undefined)
    return done
  }
}
