import type { MusterError } from '#shared/errors.ts'
import { deadlineAt } from '../commissioning/deadline.ts'
import { orAborted } from '../steps/or-aborted.ts'
import type { ConnectionWitness, Sighting } from './connection-witness.ts'
import type { Recipient, RenewalDelivery } from './delivery.ts'
import type { ItemRecord } from './renewal-store.ts'

interface ArrivalTools {
  readonly witness: Pick<ConnectionWitness, 'expect'>
  readonly deliveries: { readonly mesh: RenewalDelivery }
  readonly now: () => Date
}

/** Waits for the holder of an item to be seen with its new credential. */
export class Arrival {
  readonly #now: () => Date
  readonly #item: ItemRecord
  readonly #stops: (() => void)[]
  readonly #outcome = Promise.withResolvers<MusterError | 'deadline' | undefined>()

  constructor(tools: ArrivalTools, item: ItemRecord) {
    this.#now = tools.now
    this.#item = item
    const { account, public_key: publicKey } = item
    const onSeen = (sighting: Sighting) => {
      if (isNew(item, sighting)) this.#outcome.resolve(undefined)
    }
    const onRefused = (error: MusterError) => this.refused(error)
    this.#stops = [
      tools.witness.expect({ account, publicKey, soon: true, onSeen }),
      tools.deliveries.mesh.onRefused?.(recipientOf(item), onRefused) ?? (() => undefined),
    ]
  }

  /** The holder does not want it. */
  refused(error: MusterError): void {
    this.#outcome.resolve(error)
  }

  /** Nothing once it was seen; else why it was not. @throws the signal's reason. */
  async settled(signal: AbortSignal): Promise<MusterError | 'deadline' | undefined> {
    const now = this.#now
    const at = new Date(this.#item.deadline ?? now().getTime())
    const deadline = deadlineAt(
      at,
      () => new DOMException('The deadline has passed.', 'TimeoutError'),
      () => now().getTime(),
    )
    deadline.signal.addEventListener('abort', () => this.#outcome.resolve('deadline'))
    try {
      return await orAborted(this.#outcome.promise, signal)
    } finally {
      deadline.cancel()
    }
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }
}

/**
 * Whether a connection was made with the new JWT. A server that does not show JWTs leaves a connection
 * that began after the delivery as the sign.
 */
export function isNew(item: ItemRecord, { digest, startedAt }: Sighting): boolean {
  if (digest !== undefined) return digest === item.digest
  return item.delivered_at !== null && startedAt.getTime() >= item.delivered_at
}

export function recipientOf(item: ItemRecord): Recipient {
  return {
    tenant: item.tenant,
    deviceId: item.device_id,
    publicKey: item.public_key,
    name: item.name,
  }
}
