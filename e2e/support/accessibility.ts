import axe, { type AxeResults, type RunOptions } from 'axe-core'
import type { Page } from '@playwright/test'

/** What WCAG 2.2 A and AA ask for, as far as a program can tell. */
const OPTIONS: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
  // What passes is nobody's concern, and is most of the page.
  resultTypes: ['violations'],
  // An experiment of axe's, off unless a tag turns it on: it also reads what `aria-hidden` hides.
  rules: { 'label-content-name-mismatch': { enabled: false } },
}

interface PageWithAxe {
  axe: { run(options: RunOptions): Promise<AxeResults> }
}

/** Lines on what people with disabilities would stumble over on the page as it is. */
export async function accessibilityComplaints(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source)
  const violations = await page.evaluate(
    async (options) => (await (globalThis as unknown as PageWithAxe).axe.run(options)).violations,
    OPTIONS,
  )
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${help}\n${html}\n${failureSummary}`),
  )
}
