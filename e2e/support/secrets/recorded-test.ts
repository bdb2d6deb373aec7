import type { Browser } from '@playwright/test'
import { test as base } from '../test.ts'
import { PageRecorder } from './page-recorder.ts'

/** Longer than anything in the page; without it V8 cuts strings at 1024 characters. */
const SNAPSHOT_STRING_LIMIT = 10_000_000
/** Left in the page's memory behind this many characters, to prove that snapshots are whole. */
export const PLANTED = 'the canary that a whole snapshot shows'
const PLANTED_AFTER = 100_000

interface Fixtures {
  /** A page that nothing of the test runner has written into, in a browser with whole snapshots. */
  readonly recorder: PageRecorder
}

export const test = base.extend<Fixtures>({
  recorder: async ({ playwright, launchOptions }, use) => {
    const flag = `--js-flags=--heap-snapshot-string-limit=${SNAPSHOT_STRING_LIMIT}`
    const args = [...(launchOptions.args ?? []), flag]
    const browser: Browser = await playwright.chromium.launch({ ...launchOptions, args })
    await use(new PageRecorder(await browser.newPage()))
    await browser.close()
  },
})

/** What a page holds at the end, with `PLANTED` in its memory. */
export async function remainsOf(recorder: PageRecorder) {
  await recorder.settled()
  await recorder.plant(`${'x'.repeat(PLANTED_AFTER)}${PLANTED}`)
  const heap = await recorder.heap()
  const storage = await recorder.storage()
  const cookies = await recorder.page.context().cookies()
  const session = cookies.map(({ name, value }) => ({ name: `cookie ${name}`, value }))
  return { heap, storage, session }
}

/** Everything that went over a wire, one after the other. */
export function together(passages: readonly { readonly bytes: Buffer }[]): Buffer {
  return Buffer.concat(passages.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]))
}

/** Claims of operator and accounts are public: servers hand them to whoever asks. */
export function isPublicClaim(found: string): boolean {
  return found === 'operator JWT (plain)' || found === 'account JWT (plain)'
}
