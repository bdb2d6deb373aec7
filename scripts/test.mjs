// `npm test [-- SUITE…]`: sets up what tests need, runs every suite, ends with `N passed, N failed`.
import { join } from 'node:path'
import { build, installPackages, nodePath, requireNode, toolEnvironment } from './lib/prepare.mjs'
import { PlainFailure, ROOT, run } from './lib/run.mjs'
import { FOR_TESTS, installSystemPackages } from './lib/system-packages.mjs'

try {
  requireNode()
  await installPackages()
  await installSystemPackages(FOR_TESTS, { required: true })
  await build()
  process.exitCode = await run(
    nodePath(),
    [join(ROOT, 'scripts', 'test', 'run-suites.ts'), ...process.argv.slice(2)],
    {
      env: toolEnvironment(),
    },
  )
} catch (error) {
  if (!(error instanceof PlainFailure)) throw error
  console.error(error.message)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
}
