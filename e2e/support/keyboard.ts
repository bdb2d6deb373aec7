import type { Locator, Page } from '@playwright/test'

/** More stops than any screen has. */
const MOST_STOPS = 80

/** Presses Tab until the focus is on a control, as somebody without a mouse does. */
export async function tabTo(page: Page, control: Locator): Promise<void> {
  await control.waitFor()
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    if (await control.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error('The keyboard does not get to this control.')
}
