import { describe } from 'vitest'
import { nscTool } from '../support/nsc-tool.ts'

const tool = await nscTool()
if ('missing' in tool) console.warn(`INTEROP SKIPPED: nsc can't be built: ${tool.missing}`)

/** A suite against nsc; skipped, loudly, where it can't be built. */
export function describeWithNsc(title: string, suite: (path: string) => void): void {
  if ('missing' in tool) describe.skip(`${title} (skipped: ${tool.missing})`, () => suite(''))
  else describe(`${title} (nsc ${tool.version})`, () => suite(tool.path))
}
