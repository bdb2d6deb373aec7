import type { Finding } from '#shared/contract/doctor.ts'
import { explained, targetOf, type Addresses } from './address-findings.ts'
import { findingsOf } from './finding.ts'
import { RawNats } from './raw-nats.ts'

const login = findingsOf('login')

const LOGIN_TIMEOUT_MS = 5_000

/** How a login ended: let in, refused in the server's words, or it never came to that. */
export type LoginOutcome =
  | { readonly type: 'let-in'; readonly url: string; readonly version: string }
  | { readonly type: 'refused'; readonly url: string; readonly words: string }
  | { readonly type: 'failed'; readonly url: string; readonly thrown: unknown }

/** Logs in at the first address that can be reached, and leaves again. Nothing is published or heard. */
export async function tryLogin(
  { urls, caPem }: Addresses,
  credentials: { readonly jwt: string; readonly seed: string },
  signal: AbortSignal,
): Promise<LoginOutcome> {
  let last: LoginOutcome = { type: 'failed', url: '', thrown: undefined }
  for (const url of urls) {
    const target = targetOf(url, caPem)
    if (target === undefined) continue
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(LOGIN_TIMEOUT_MS)])
    try {
      const raw = await RawNats.open(target, deadline)
      try {
        const words = await raw.login(credentials)
        if (words !== undefined) return { type: 'refused', url, words }
        return { type: 'let-in', url, version: raw.info.version }
      } finally {
        raw.close()
      }
    } catch (thrown) {
      signal.throwIfAborted()
      last = { type: 'failed', url, thrown }
    }
  }
  return last
}

/** What the outcome means beside what was found before. */
export function loginFindings(outcome: LoginOutcome, before: readonly Finding[]): Finding[] {
  const causes = before.filter(
    ({ severity, area }) => severity === 'refused' && area !== 'address' && area !== 'login',
  )
  const named = causes.map(({ title }) => `“${title}”`).join(', ')
  if (outcome.type === 'let-in') {
    return [
      causes.length === 0
        ? login.fine({
            code: 'LOGIN_ACCEPTED',
            title: 'The server let it in',
            meaning: `At ${outcome.url}, version ${outcome.version}. If the device still can not connect, look at its address, its clock and its own log.`,
          })
        : login.warning({
            code: 'LOGIN_ACCEPTED_ALL_THE_SAME',
            title: 'The server let it in all the same',
            meaning: `It should have been refused: ${named}. That server uses other accounts than the resolver holds, or it is not the server of this mesh.`,
            advice: 'Compare the account (Keys, Resolver), and check the address.',
            action: { type: 'resolver' },
          }),
    ]
  }
  if (outcome.type === 'failed') {
    const { code, message, advice } = explained(outcome.thrown, outcome.url)
    return [login.refused({ code, title: 'It did not come to a login', meaning: message, advice })]
  }
  return [refusal(outcome.words, named)]
}

function refusal(words: string, named: string): Finding {
  const said = `The server said “${words}”.`
  if (/maximum (?:account )?(?:active )?connections exceeded/iu.test(words)) {
    return login.refused({
      code: 'LOGIN_LIMIT',
      title: 'The server refused it: too many connections',
      meaning: `${said} The credential itself is good.`,
      advice: 'Raise the limit of connections, or find out who has them.',
    })
  }
  if (/expired/iu.test(words)) {
    return login.refused({
      code: 'LOGIN_EXPIRED',
      title: 'The server refused it as expired',
      meaning: said,
      advice: 'Renew it.',
    })
  }
  if (/revoked/iu.test(words)) {
    return login.refused({
      code: 'LOGIN_REVOKED',
      title: 'The server refused it as revoked',
      meaning: said,
      advice: 'Renew it, if its user is to come back.',
    })
  }
  return named === ''
    ? login.refused({
        code: 'LOGIN_REFUSED',
        title: 'The server refused it, and nothing found here says why',
        meaning: `${said} It says the same to everything it does not like. Most likely it runs with another operator than the account was signed by, or has not got the account.`,
        advice:
          'Check that the address is that of this mesh. The log of the server names the reason.',
      })
    : login.refused({
        code: 'LOGIN_REFUSED_AS_FOUND',
        title: 'The server refused it, as was to be expected',
        meaning: `${said} The reason: ${named}.`,
        advice: 'Do what is advised there.',
      })
}
