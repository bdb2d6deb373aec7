import { afterEach, expect, test, vi } from 'vitest'
import { ensureSession, followLaterLinks, takeToken } from './session.ts'

const signal = new AbortController().signal

afterEach(() => vi.unstubAllGlobals())

function pageAt(hash: string) {
  const replaced: unknown[] = []
  const location = { hash, pathname: '/', search: '' } as Location
  const history = {
    replaceState: (...given: unknown[]) => void replaced.push(given[2]),
  } as unknown as History
  return { location, history, replaced }
}

function hostThatAnswers(...statuses: number[]) {
  const asked: unknown[] = []
  vi.stubGlobal('fetch', (_url: string, init: { body: string }) => {
    asked.push(JSON.parse(init.body))
    const status = statuses.shift()
    return status === undefined
      ? Promise.reject(new TypeError('refused'))
      : Promise.resolve(new Response(null, { status }))
  })
  return asked
}

test('the one-time token leaves the address as soon as it is read', () => {
  const page = pageAt('#token=abcdefghijklmnop_-1')
  expect(takeToken(page.location, page.history)).toBe('abcdefghijklmnop_-1')
  expect(page.replaced).toEqual(['/'])
})

test('an address of a screen holds no token and stays', () => {
  const page = pageAt('#/fleet?token=abc')
  expect(takeToken(page.location, page.history)).toBeNull()
  expect(page.replaced).toEqual([])
})

test('a token is exchanged for a session', async () => {
  const asked = hostThatAnswers(204)
  await ensureSession('token-token-token', signal)
  expect(asked).toEqual([{ token: 'token-token-token' }])
})

test('a used token is forgiven while the cookie of its first use holds', async () => {
  const asked = hostThatAnswers(401, 204)
  await ensureSession('token-token-token', signal)
  expect(asked).toEqual([{ token: 'token-token-token' }, {}])
})

test('without token and cookie a new link is needed', async () => {
  hostThatAnswers(401)
  await expect(ensureSession(null, signal)).rejects.toMatchObject({ code: 'SESSION_REFUSED' })
})

test.each([[[]], [[502]]])('a host that is not there is tried again later', async (statuses) => {
  hostThatAnswers(...statuses)
  await expect(ensureSession(null, signal)).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' })
})

test('a link that is opened where Muster is open already begins anew, before the router sees it', () => {
  let reloads = 0
  const seenByRouter: string[] = []
  const location = { hash: '', reload: () => (reloads += 1) }
  const page = Object.assign(new EventTarget(), { location })
  followLaterLinks(page as unknown as Window)
  page.addEventListener('popstate', () => seenByRouter.push(location.hash))
  for (const hash of ['#/fleet', '#token=abcdefghijklmnop_-1']) {
    location.hash = hash
    page.dispatchEvent(new Event('popstate'))
  }
  expect(reloads).toBe(1)
  expect(seenByRouter).toEqual(['#/fleet'])
})
