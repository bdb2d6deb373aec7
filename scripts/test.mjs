// `npm test [-- SUITE…]`: sets up what tests need, runs every suite, ends with `N passed, N failed`.
import { join } from 'node:path'
import { afterSetUp, nodePath, toolEnvironment } from './lib/prepare.mjs'
import { ROOT, run } from './lib/run.mjs'
import { FOR_TESTS } from './lib/system-packages.mjs'

let begun = false
await afterSetUp({ packages: FOR_TESTS, required: true }, () => {
  begun = true
  const suites = join(ROOT, 'scripts', 'test', 'run-suites.ts')
  return run(nodePath(), [suites, ...process.argv.slice(2)], { env: toolEnvironment() })
})
if (!begun) console.log('0 passed, 1 failed')
