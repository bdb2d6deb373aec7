import type { NatsConnection } from '@nats-io/transport-node'
import type { SystemWitness } from '../../../../src/main/isolation/collaborators.ts'

/** The system account's user of a test, as the proof's witness. */
export function witnessOf(system: () => NatsConnection | undefined): SystemWitness {
  const connection = () => {
    const open = system()
    if (open === undefined) throw new Error('There is no connection of the system account.')
    return open
  }
  return {
    request: async (subject, payload) =>
      (await connection().request(subject, payload, { timeout: 5_000 })).string(),
    onUserConnect: async (account, listener) => {
      const subscription = connection().subscribe(`$SYS.ACCOUNT.${account}.CONNECT`, {
        callback: (_error, message) =>
          listener(message.json<{ client: { user: string } }>().client.user),
      })
      await connection().flush()
      return () => subscription.unsubscribe()
    },
  }
}
