import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium, type Browser, type Page } from '@playwright/test'
import playwrightConfig from '../../playwright.config.ts'
import { startFakeMain } from '../../tests/support/fake-main.ts'
import { SCENARIOS } from '../../tests/support/fake-main/state.ts'
import { SCREENS, type Screen } from './screens.ts'

// Pictures of every screen in every state, to look at:
// `node e2e/screens/take.ts [--only fleet] [--scenario full] [--theme dark] [--size 1280x800]`.

const SIZES = ['1280x800', '1920x1080']
const THEMES = ['light', 'dark'] as const
/** For what is still moving when everything is there: skeletons, panels, fonts. */
const SETTLE_MS = 350

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    scenario: { type: 'string' },
    theme: { type: 'string' },
    size: { type: 'string', multiple: true },
    zoom: { type: 'string', default: '1' },
    folder: { type: 'string', default: join(tmpdir(), 'muster-screens') },
  },
})

const zoom = Number(values.zoom)
const browser = await chromium.launch(playwrightConfig.use?.launchOptions)
await mkdir(values.folder, { recursive: true })
let complaints = 0
for (const scenario of SCENARIOS) {
  if (values.scenario !== undefined && values.scenario !== scenario) continue
  const screens = SCREENS.filter(
    ({ name, scenarios }) =>
      scenarios.includes(scenario) && (values.only === undefined || name.startsWith(values.only)),
  )
  for (const screen of screens) {
    for (const theme of THEMES.filter(
      (name) => values.theme === undefined || values.theme === name,
    )) {
      for (const size of values.size ?? SIZES) {
        // A main of its own each time: what one picture does must not show in the next.
        const main = await startFakeMain({ scenario })
        const file = join(values.folder, `${screen.name}.${scenario}.${theme}.${size}.png`)
        await takePicture(browser, { url: main.url, screen, theme, size, file })
        await main.close()
      }
    }
  }
}
await browser.close()
console.log(`${values.folder}: done, ${complaints} complaints`)
process.exit(complaints === 0 ? 0 : 1)

interface Picture {
  readonly url: string
  readonly screen: Screen
  readonly theme: 'light' | 'dark'
  readonly size: string
  readonly file: string
}

async function takePicture(from: Browser, picture: Picture): Promise<void> {
  const [width = 1280, height = 800] = picture.size.split('x').map(Number)
  const context = await from.newContext({
    viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
    deviceScaleFactor: zoom,
    colorScheme: picture.theme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  watch(page, picture.file)
  try {
    await page.goto(`${picture.url}#${picture.screen.path}`)
    await page.getByRole('heading').first().waitFor()
    await page.waitForTimeout(SETTLE_MS)
    await picture.screen.prepare?.(page)
    await page.waitForTimeout(SETTLE_MS)
  } catch (error) {
    complain(picture.file, error instanceof Error ? error.message : String(error))
  }
  await page.screenshot({ path: picture.file })
  await context.close()
}

function watch(page: Page, file: string): void {
  page.on('pageerror', (error) => complain(file, `page error: ${error.stack ?? error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complain(file, message.text())
  })
}

function complain(file: string, text: string): void {
  complaints += 1
  console.error(`${file}\n  ${text}`)
}
