import type { NatsConnection } from '@nats-io/transport-node'
import { messageOf, RejectedError, TransientError } from '#shared/errors.ts'
import type {
  AccountPublisher,
  AccountRemoval,
  SignedAccount,
} from '../../../../src/main/authority/account-publisher.ts'

const REQUEST_TIMEOUT_MS = 20_000
const DEFAULT_MAX_PAYLOAD_BYTES = 1_048_576

/** Pushes accounts into a full resolver over a connection of the system account. */
export class ResolverPublisher implements AccountPublisher {
  connection: NatsConnection | undefined
  /** Stands around each request, so that a test can break off anywhere. */
  around: <T>(request: () => Promise<T>) => Promise<T> = (request) => request()

  maxPayloadBytes(): number {
    return this.connection?.info?.max_payload ?? DEFAULT_MAX_PAYLOAD_BYTES
  }

  async publish(accounts: readonly SignedAccount[], signal: AbortSignal): Promise<void> {
    for (const { name, publicKey, jwt } of accounts) {
      signal.throwIfAborted()
      await this.#claim('$SYS.REQ.CLAIMS.UPDATE', jwt)
      if ((await this.lookUp(publicKey)) !== jwt)
        throw refused(`The server holds another JWT of ${name} than it was sent.`)
    }
  }

  async withdraw(removal: AccountRemoval, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await this.#claim('$SYS.REQ.CLAIMS.DELETE', removal.jwt)
  }

  /** The JWT that the server holds for an account; empty where it has none. */
  lookUp(publicKey: string): Promise<string> {
    return this.#request(`$SYS.REQ.ACCOUNT.${publicKey}.CLAIMS.LOOKUP`, '')
  }

  /** Public keys of all accounts that the server holds. */
  async list(): Promise<string[]> {
    const answer = JSON.parse(await this.#request('$SYS.REQ.CLAIMS.LIST', '')) as { data: string[] }
    return answer.data
  }

  async #claim(subject: string, jwt: string): Promise<void> {
    const answer = JSON.parse(await this.#request(subject, jwt)) as {
      data?: { code?: number }
      error?: { description?: string }
    }
    if (answer.data?.code !== 200) throw refused(answer.error?.description ?? 'The server says no.')
  }

  async #request(subject: string, payload: string): Promise<string> {
    try {
      const connection = this.connection
      if (connection === undefined) throw new Error('There is no connection.')
      const answer = await this.around(() =>
        connection.request(subject, payload, { timeout: REQUEST_TIMEOUT_MS }),
      )
      return answer.string()
    } catch (error) {
      throw new TransientError({
        code: 'MESH_UNREACHABLE',
        message: `The server does not answer: ${messageOf(error)}`,
        advice: 'Wait for the connection.',
        cause: error,
      })
    }
  }
}

function refused(message: string): RejectedError {
  return new RejectedError({ code: 'SERVER_REFUSED', message, advice: 'Look at the server log.' })
}
