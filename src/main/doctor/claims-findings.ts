import type { Finding } from '#shared/contract/doctor.ts'
import { roleOfPublicKey } from '../authority/nkey.ts'
import { findingsOf, momentOf } from './finding.ts'
import type { LooseClaims, ReadJwt } from './read-claims.ts'
import { serverTime, type World } from './world.ts'

const signature = findingsOf('signature')

/** Whether the JWT can be read, is a user's and is as it was signed. */
export function signatureFindings(jwt: ReadJwt): Finding[] {
  if (jwt.type === 'unreadable') return [jwt.why === 'cut' ? cutOff() : garbled()]
  const { claims, genuine, cut } = jwt
  const kind = claims.nats.type !== '' ? claims.nats.type : (claims.type ?? '')
  if (kind !== 'user' && kind !== '') {
    return [
      signature.refused({
        code: 'JWT_NOT_OF_A_USER',
        title: `This is the JWT of an ${kind}`.replace(/\ban (?=[^aeiou])/u, 'a '),
        meaning: 'Only the JWT of a user logs in.',
        advice: 'Choose the credential of a user: a device, a console or a service.',
      }),
    ]
  }
  if (cut) return [cutOff()]
  if (!genuine) {
    return [
      signature.refused({
        code: 'JWT_ALTERED',
        title: 'The JWT was changed after it was signed',
        meaning:
          'Its signature does not fit its content: somebody edited it, or characters got lost. Its dates and permissions below are not to be trusted.',
        advice: 'Get the credential again from where it was issued.',
      }),
    ]
  }
  if (claims.nats.version !== 2) {
    return [
      signature.warning({
        code: 'JWT_VERSION',
        title: `It is of version ${claims.nats.version}`,
        meaning: 'Servers from 2.2 on want version 2, and treat older ones with restrictions.',
        advice: 'Issue it anew.',
      }),
    ]
  }
  return [
    signature.fine({
      code: 'JWT_GENUINE',
      title: 'The JWT is as it was signed',
      meaning: 'The key that it names as its issuer signed exactly this.',
    }),
  ]
}

function cutOff(): Finding {
  return signature.refused({
    code: 'JWT_CUT',
    title: 'The JWT is cut off',
    meaning: 'It has three parts, joined by dots; here its end is missing.',
    advice: 'Copy the whole of it, or get the file again.',
  })
}

function garbled(): Finding {
  return signature.refused({
    code: 'JWT_GARBLED',
    title: 'The JWT can not be read',
    meaning: 'Its characters were changed on the way.',
    advice: 'Get the file again from where it was issued.',
  })
}

const dates = findingsOf('dates')

/** Below this a difference of clocks is nothing to talk about. */
const TOLERATED_SKEW_MS = 2_000
/** Like the warning of the Expiry page: a fifth of the life is left. */
const SOON = 0.8

/** Whether it is in force, by the server's clock where that is known. */
export function dateFindings(
  claims: LooseClaims,
  world: World,
  renew: Finding['action'],
): Finding[] {
  return [...skewFindings(world), ...forceFindings(claims, world, renew)]
}

function forceFindings(claims: LooseClaims, world: World, renew: Finding['action']): Finding[] {
  const server = Math.floor(serverTime(world) / 1000)
  const here = Math.floor(world.now.getTime() / 1000)
  const until = momentOf(claims.exp)
  const from = momentOf(claims.nbf)
  const by = world.clock === null ? 'by this computer’s clock' : 'by the server’s clock'
  if (claims.exp !== null && claims.exp !== undefined && until !== null && server > claims.exp) {
    const soClock = here <= claims.exp ? ' By this computer’s clock it would still be good.' : ''
    return [
      dates.refused({
        code: 'EXPIRED',
        title: 'It has expired',
        meaning: `It was good until ${until}, ${by}.${soClock}`,
        advice: 'Renew it: the same key gets a new credential.',
        action: renew,
      }),
    ]
  }
  if (claims.nbf !== null && claims.nbf !== undefined && from !== null && claims.nbf > server) {
    const soClock = claims.nbf <= here ? ' By this computer’s clock it would be good already.' : ''
    return [
      dates.refused({
        code: 'NOT_YET_VALID',
        title: 'It is not valid yet',
        meaning: `It is good from ${from} on, ${by}.${soClock}`,
        advice: 'Wait until then, or issue one without that date. Check the clock of the server.',
        action: renew,
      }),
    ]
  }
  if (until === null || claims.exp === null || claims.exp === undefined) {
    return [
      dates.warning({
        code: 'NEVER_EXPIRES',
        title: 'It never expires',
        meaning: 'A copy that gets lost works until somebody revokes it.',
        advice: 'Renew it with an end.',
        action: renew,
      }),
    ]
  }
  const life = claims.exp - (claims.iat ?? claims.exp)
  if (life > 0 && server > claims.exp - life * (1 - SOON)) {
    return [
      dates.warning({
        code: 'EXPIRES_SOON',
        title: 'It expires soon',
        meaning: `It is good until ${until}; less than a fifth of its time is left.`,
        advice: 'Renew it before then.',
        action: renew,
      }),
    ]
  }
  return [
    dates.fine({ code: 'IN_FORCE', title: 'It is in force', meaning: `Until ${until}, ${by}.` }),
  ]
}

function skewFindings({ clock }: World): Finding[] {
  if (clock === null) return []
  const beyondDoubt = Math.abs(clock.offsetMs) - clock.uncertaintyMs
  if (beyondDoubt <= TOLERATED_SKEW_MS) return []
  const seconds = Math.round(Math.abs(clock.offsetMs) / 1000)
  const way = clock.offsetMs > 0 ? 'ahead of' : 'behind'
  return [
    dates.warning({
      code: 'CLOCK_SKEW',
      title: `The server’s clock is ${seconds} s ${way} this computer’s`,
      meaning:
        'Dates count by the server’s clock. What is issued here may be refused there as not yet valid or expired.',
      advice: 'Set both clocks by the network (NTP).',
    }),
  ]
}

const place = findingsOf('login')

/** Conditions that a JWT may put on the login itself. */
export function conditionFindings(claims: LooseClaims, urls: readonly string[]): Finding[] {
  const { src, times, allowed_connection_types: types, bearer_token: bearer } = claims.nats
  const found: Finding[] = []
  if (src !== null && src !== undefined && src.length > 0) {
    found.push(
      place.warning({
        code: 'SOURCE_LIMITED',
        title: 'It may be used from some networks only',
        meaning: `From ${src.join(', ')}. From elsewhere the server refuses it.`,
        advice: 'Compare with the address of the device.',
      }),
    )
  }
  if (times !== null && times !== undefined && times.length > 0) {
    const spans = times.map(({ start, end }) => `${start} to ${end}`).join(', ')
    found.push(
      place.warning({
        code: 'TIMES_LIMITED',
        title: 'It may be used at some times of the day only',
        meaning: `From ${spans} (${claims.nats.times_location ?? 'UTC'}). Outside of that the server refuses it.`,
        advice: 'Compare with the time of the failed login.',
      }),
    )
  }
  if (types !== null && types !== undefined && types.length > 0) {
    const upper = types.map((type) => type.toUpperCase())
    const needed = urls.some((url) => /^wss?:/iu.test(url)) ? 'WEBSOCKET' : 'STANDARD'
    const words = {
      code: 'CONNECTION_TYPES',
      title: `It is for connections of the kind ${upper.join(', ')}`,
      meaning: upper.includes(needed)
        ? 'Connections of other kinds are refused.'
        : `Its own addresses need the kind ${needed}, which is refused.`,
      advice: 'Issue one without that limit, or connect in the way it allows.',
    }
    found.push(upper.includes(needed) ? place.warning(words) : place.refused(words))
  }
  if (bearer === true) {
    found.push(
      place.warning({
        code: 'BEARER',
        title: 'It works without the private seed',
        meaning: 'Whoever has read the JWT once can log in with it.',
        advice: 'Issue it anew without the bearer option.',
      }),
    )
  }
  return found
}

/** The account that a user's JWT is for: named in it, or the issuer itself. */
export function accountOf({ iss, nats }: LooseClaims): string | null {
  const named = nats.issuer_account
  if (typeof named === 'string' && roleOfPublicKey(named) === 'account') return named
  return roleOfPublicKey(iss) === 'account' ? iss : null
}
