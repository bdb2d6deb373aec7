import type { FaultWorld } from '../../../support/fault/fault-world.ts'
import { openCredentials } from './fault-service.ts'
import { settled } from './site.ts'

/** Dies on its own account before anything is in the journal, or between the push and its record. */
export type OwnEnd = 'noted' | 'pushed' | 'none'

/** Revokes the credential whose ledger id is given, as `ID END`. */
export async function run(world: FaultWorld, argument: string): Promise<void> {
  const [id, end] = argument.split(' ') as [string, OwnEnd]
  const service = openCredentials(world)
  const die = () => process.kill(process.pid, 'SIGKILL')
  if (end === 'pushed') {
    const { publisher } = world
    const publish = publisher.publish.bind(publisher)
    publisher.publish = async (accounts, signal) => {
      await publish(accounts, signal)
      die()
    }
  }
  const [revocation] = service.revoke({ type: 'credentials', ids: [id] }, 'It was stolen.')
  if (end === 'noted') die()
  if (revocation !== undefined) await settled(service, revocation.id)
  await service.close()
}
