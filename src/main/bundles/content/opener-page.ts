import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * The page that opens a sealed bundle in a browser, as the build makes it of src/renderer/opener; null where
 * nothing was built, as in a run straight from the source.
 */
export async function openerPage(): Promise<string | null> {
  for (let at = import.meta.dirname; dirname(at) !== at; at = dirname(at)) {
    for (const below of ['opener', 'out/opener']) {
      const page = await readFile(join(at, below, 'open.html'), 'utf8').catch(() => undefined)
      if (page !== undefined) return page
    }
  }
  return null
}
