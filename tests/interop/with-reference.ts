import { describe } from 'vitest'
import { pythonReference } from '../support/python-reference.ts'

const reference = await pythonReference()
if ('missing' in reference) {
  console.warn(`INTEROP SKIPPED: the Python reference can't be set up: ${reference.missing}`)
}

/** A suite against the reference implementation; skipped, loudly, where it can't be installed. */
export function describeWithReference(title: string, suite: (python: string) => void): void {
  if ('missing' in reference) {
    describe.skip(`${title} (skipped: ${reference.missing})`, () => suite(''))
  } else {
    describe(title, () => suite(reference.python))
  }
}
