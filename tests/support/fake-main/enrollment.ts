import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type {
  Enrollment,
  EnrollmentsSnapshot,
  EnrollmentState,
} from '#shared/contract/enrollment.ts'
import { commandOf, tokenOf } from '../../../src/main/enrollment/enrollment-token.ts'
import type { EnrollmentCalls } from '../../../src/main/router/enrollment.ts'
import { ago } from './devices.ts'
import { asError, PROBLEMS } from './problems.ts'
import type { Scenario } from './state.ts'
import { Topic } from './topic.ts'

const MINUTE_MS = 60_000
const SERVER = 'https://192.168.17.20:9443'
const PIN = 'c2NyaXB0ZWQtcGluLW9mLWEtc2NyaXB0ZWQtc2VydmU='
const PATH: readonly EnrollmentState[] = [
  'pending',
  'provisioning',
  'ready',
  'downloaded',
  'installed',
]

/** Enrollments of a scripted main: nothing is served, nothing is issued. */
export function fakeEnrollment(scenario: Scenario): EnrollmentCalls {
  const failing = scenario === 'failing'
  let enrollments: Enrollment[] = scenario === 'empty' ? [] : failing ? [brokenOff()] : [...FULL]
  const topic = new Topic<EnrollmentsSnapshot>(() => ({
    type: 'snapshot',
    enrollments,
    servers: failing ? [{ url: SERVER, problem: PROBLEMS.unreachable }] : [],
  }))
  return {
    subscribe: topic.subscribe,
    servers: () => [
      { url: SERVER, loopback: false },
      { url: 'https://127.0.0.1:9443', loopback: true },
    ],
    create: async ({ kind, tenant, name, serverUrl, urls, validDays, minutes }) => {
      await delay(150)
      if (failing) throw asError(PROBLEMS.unreachable)
      const enrollment = {
        ...enrollmentOf(name, 'pending', 0, kind),
        tenant,
        serverUrl,
        urls,
        validDays,
        expiresAt: ago(-minutes * MINUTE_MS),
      }
      enrollments = [enrollment, ...enrollments]
      topic.refresh()
      const secret = 'c2NyaXB0ZWQtc2NyaXB0ZWQtMDAwMQ'
      return {
        enrollment,
        token: tokenOf(enrollment, secret),
        command: commandOf(enrollment, secret, PIN),
      }
    },
    revoke: async (id) => {
      await delay(150)
      if (failing) throw asError(PROBLEMS.unreachable)
      enrollments = enrollments.map((one) =>
        one.id === id ? { ...one, ...movedTo(one, 'revoked') } : one,
      )
      topic.refresh()
    },
    remove: (id) => {
      enrollments = enrollments.filter((one) => one.id !== id)
      topic.refresh()
    },
  }
}

function movedTo({ history }: Enrollment, state: EnrollmentState): Partial<Enrollment> {
  return { state, history: [...history, { state, at: ago(0) }] }
}

function enrollmentOf(
  name: string,
  state: EnrollmentState,
  minutesAgo: number,
  kind: Enrollment['kind'] = 'collector',
): Enrollment {
  const last = state === 'revoked' || state === 'expired' ? 0 : PATH.indexOf(state)
  const history = PATH.slice(0, last + 1).map((passed, index) => ({
    state: passed,
    at: ago(minutesAgo * MINUTE_MS - index * 4_000),
  }))
  if (state === 'revoked' || state === 'expired') {
    history.push({ state, at: ago((minutesAgo / 2) * MINUTE_MS) })
  }
  const fetched = last >= PATH.indexOf('downloaded')
  return {
    id: randomUUID(),
    kind,
    tenant: 'greenhouse',
    name,
    state,
    history,
    expiresAt: ago((minutesAgo - 60) * MINUTE_MS),
    validDays: 90,
    serverUrl: SERVER,
    urls: ['tls://192.168.17.20:4222'],
    publicKey: fetched ? `U${'BX4KQ2M7TRAP9ZW'.repeat(4)}`.slice(0, 56) : null,
    fetchedBy: last > 0 ? '192.168.17.63' : null,
    problem: null,
    by: 'kim@bench',
  }
}

function brokenOff(): Enrollment {
  const enrollment = enrollmentOf('collector-north', 'pending', 12)
  return { ...enrollment, fetchedBy: '192.168.17.63', problem: PROBLEMS.unreachable }
}

const FULL: readonly Enrollment[] = [
  enrollmentOf('collector-south', 'pending', 4),
  enrollmentOf('pump-17', 'provisioning', 9, 'device'),
  enrollmentOf('collector-north', 'downloaded', 21),
  enrollmentOf('valve-04', 'installed', 190, 'device'),
  enrollmentOf('collector-trial', 'revoked', 2_900),
  enrollmentOf('sensor-88', 'expired', 5_800, 'device'),
]
