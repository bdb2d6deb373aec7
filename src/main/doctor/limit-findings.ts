import { z } from 'zod'
import type { Finding } from '#shared/contract/doctor.ts'
import { findingsOf } from './finding.ts'
import type { LooseClaims } from './read-claims.ts'
import { accountClaims, changeTenantOf, type World } from './world.ts'

const limits = findingsOf('limits')

const Limits = z.looseObject({ conn: z.number().optional(), subs: z.number().optional() }).catch({})

/** Whether limits keep it from connecting or subscribing now. */
export function limitFindings(claims: LooseClaims, world: World): Finding[] {
  const of = accountClaims(world)
  if (of === null) return []
  const { conn, subs } = Limits.parse(of.nats['limits'])
  const action = changeTenantOf(world)
  if (conn === 0) {
    return [
      limits.refused({
        code: 'LIMIT_NO_CONNECTIONS',
        title: 'Its account allows no connections at all',
        meaning: 'The limit of connections is 0.',
        advice: 'Raise the limit of the tenant.',
        action,
      }),
    ]
  }
  const { connections } = world
  if (connections === null) {
    return [
      limits.unknown({
        code: 'LIMITS_NOT_CHECKED',
        title: 'Whether a limit is reached could not be asked',
        meaning: 'That takes a connection to the servers’ system account.',
      }),
    ]
  }
  const { ofAccount, ofUser, mostSubscriptions } = connections
  const found: Finding[] = []
  if (conn !== undefined && conn > 0 && ofAccount >= conn) {
    found.push(
      limits.refused({
        code: 'LIMIT_CONNECTIONS',
        title: 'Its account has no connection left',
        meaning: `${ofAccount} of ${conn} connections are in use${ofUser > 0 ? `, ${ofUser} of them by this user` : ''}. The next one is refused.`,
        advice: 'Raise the limit of the tenant, or find out who connects that often.',
        action,
      }),
    )
  }
  const own = claims.nats.subs
  const limit = [own, subs].filter((one): one is number => typeof one === 'number' && one > 0)
  const lowest = Math.min(...limit)
  if (limit.length > 0 && mostSubscriptions >= lowest) {
    found.push(
      limits.warning({
        code: 'LIMIT_SUBSCRIPTIONS',
        title: 'Its connection has no subscription left',
        meaning: `It has ${mostSubscriptions} of ${lowest}. It stays connected, and further subscriptions are refused.`,
        advice: 'Raise the limit, or find out why the device subscribes that often.',
        action,
      }),
    )
  }
  if (found.length > 0) return found
  const now =
    ofUser === 0
      ? 'It is not connected now.'
      : `It is connected now${ofUser > 1 ? `, ${ofUser} times` : ''}.`
  return [limits.fine({ code: 'LIMITS_KEPT', title: 'No limit is in its way', meaning: now })]
}
