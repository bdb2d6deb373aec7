import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import type { PresenceProof } from '../../../src/main/commissioning/collaborators.ts'
import { pause } from '../../../src/main/steps/pause.ts'

const ASK_EVERY_MS = 50
const ASK_TIMEOUT_MS = 10_000

interface Connz {
  readonly data?: { readonly connections?: readonly { readonly authorized_user?: string }[] }
}

/** Proof by asking the server's system account who is connected, again and again. */
export class ConnectedKeys implements PresenceProof {
  readonly #system: NatsConnection
  readonly #accountOf: (tenant: string) => string

  constructor(system: NatsConnection, accountOf: (tenant: string) => string) {
    this.#system = system
    this.#accountOf = accountOf
  }

  async waitForKey(tenant: string, publicKey: string, signal: AbortSignal): Promise<void> {
    while (!(await this.isConnected(tenant, publicKey))) await pause(ASK_EVERY_MS, signal)
  }

  async isConnected(tenant: string, publicKey: string): Promise<boolean> {
    const subject = `$SYS.REQ.ACCOUNT.${this.#accountOf(tenant)}.CONNZ`
    const answer = await this.#system.request(subject, JSON.stringify({ auth: true }), {
      timeout: ASK_TIMEOUT_MS,
    })
    const { data } = answer.json<Connz>()
    return (data?.connections ?? []).some(({ authorized_user: key }) => key === publicKey)
  }

  /** Resolves once no connection holds the key any more. */
  async whenGone(tenant: string, publicKey: string): Promise<void> {
    while (await this.isConnected(tenant, publicKey)) await delay(ASK_EVERY_MS)
  }
}
