import { JetStreamApiError } from '@nats-io/jetstream'

/** Undefined where JetStream answers with one of these codes. */
export async function orMissing<T>(work: Promise<T>, ...codes: number[]): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof JetStreamApiError && codes.includes(error.code)) return undefined
    throw error
  }
}
