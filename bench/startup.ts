import { once } from 'node:events'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from '@playwright/test'
import playwrightConfig from '../playwright.config.ts'
import { MusterProcess } from '../scripts/lib/muster-process.ts'
import type { Benchmark } from './benchmark.ts'
import type { Endings } from './endings.ts'
import { startProcess } from './processes/start-process.ts'

const HELLO_SERVER = join(import.meta.dirname, 'processes', 'hello-server.ts')
const PAINT_TIMEOUT_MS = 30_000

/** From spawning the browser host on a new profile to something to look at. */
const FIRST_PAINT: Benchmark = {
  name: 'startup.first-paint',
  unit: 'ms',
  better: 'less',
  goal: { of: 'value', limit: 2000 },
  peer: 'a Node process that serves one static page, in the same Chromium',
  prepare: async ({ endings }) => {
    const browser = endings.add(await launch(), (it) => it.close())
    const running = async () => browser
    return async () => ({
      value: await endings.within((inner) => timeToPaint(startMuster, running, inner)),
      peer: await endings.within((inner) => timeToPaint(startHello, running, inner)),
    })
  },
}

/** The same where no browser runs yet: Chromium is started once the app is ready, as `npm start` does. */
const WITH_BROWSER: Benchmark = {
  ...FIRST_PAINT,
  name: 'startup.first-paint-and-browser',
  goal: null,
  peer: 'a Node process that serves one static page, with its own Chromium',
  prepare: ({ endings }) =>
    Promise.resolve(async () => ({
      value: await endings.within((inner) => timeToPaint(startMuster, launchOwned, inner)),
      peer: await endings.within((inner) => timeToPaint(startHello, launchOwned, inner)),
    })),
}

export const STARTUP_BENCHMARKS: readonly Benchmark[] = [FIRST_PAINT, WITH_BROWSER]

/** Starts something to look at; returns its URL. */
type StartPage = (endings: Endings) => Promise<string>

async function timeToPaint(
  startPage: StartPage,
  openBrowser: (endings: Endings) => Promise<Browser>,
  endings: Endings,
): Promise<number> {
  const startedAt = epochMs()
  const url = await startPage(endings)
  const browser = await openBrowser(endings)
  // A context of its own has an empty cache.
  const context = endings.add(await browser.newContext(), (it) => it.close())
  const page = await context.newPage()
  await page.goto(url, { waitUntil: 'commit' })
  return (await firstContentfulPaint(page)) - startedAt
}

/** When the page showed its first text or image, as it noted it itself. */
async function firstContentfulPaint(page: Page): Promise<number> {
  const paint = page.evaluate(FIRST_CONTENTFUL_PAINT)
  const deadline = once(AbortSignal.timeout(PAINT_TIMEOUT_MS), 'abort').then(() => {
    throw new Error(`Nothing was painted within ${PAINT_TIMEOUT_MS} ms.`)
  })
  return Promise.race([paint, deadline])
}

/** Runs in the page; as text, since nothing of a browser is known here by its types. */
const FIRST_CONTENTFUL_PAINT = `new Promise((resolve) => {
  const report = (entries) => {
    const paint = entries.find(({ name }) => name === 'first-contentful-paint')
    if (paint) resolve(performance.timeOrigin + paint.startTime)
  }
  new PerformanceObserver((list) => report(list.getEntries())).observe({ type: 'paint', buffered: true })
})` as unknown as () => Promise<number>

async function startMuster(endings: Endings): Promise<string> {
  const folder = await endings.temporaryFolder()
  const { muster, url } = await MusterProcess.start({
    profile: join(folder, 'profile'),
    demo: true,
  })
  endings.add(muster, (it) => it.stop())
  return url
}

async function startHello(endings: Endings): Promise<string> {
  return String(await startProcess(HELLO_SERVER, endings))
}

async function launchOwned(endings: Endings): Promise<Browser> {
  return endings.add(await launch(), (it) => it.close())
}

/** The Chromium of the end-to-end suite. It would end this process on Ctrl-C, before Muster. */
function launch(): Promise<Browser> {
  const mine = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false }
  return chromium.launch({ ...playwrightConfig.use?.launchOptions, ...mine })
}

function epochMs(): number {
  return performance.timeOrigin + performance.now()
}
