// `npm run demo [-- --check]`: sets up what is missing, then hands over to the pinned Node.
import { join } from 'node:path'
import {
  build,
  electronPath,
  hasDisplay,
  installPackages,
  nodePath,
  requireNode,
  toolEnvironment,
} from './lib/prepare.mjs'
import { PlainFailure, ROOT, run } from './lib/run.mjs'
import { FOR_DEMO, installSystemPackages } from './lib/system-packages.mjs'

try {
  requireNode()
  await installPackages()
  await installSystemPackages(FOR_DEMO, { required: true })
  await build()
  const check = process.argv.includes('--check')
  const electron = check || !hasDisplay() ? undefined : await electronPath()
  const env = toolEnvironment()
  if (electron !== undefined) env.MUSTER_ELECTRON_PATH = electron
  // The demo ends on Ctrl-C by itself, in order; this process only waits for it.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  process.exitCode = await run(
    nodePath(),
    [join(ROOT, 'scripts', 'demo', 'demo.ts'), ...process.argv.slice(2)],
    { env },
  )
} catch (error) {
  if (!(error instanceof PlainFailure)) throw error
  console.error(error.message)
  process.exitCode = 1
}
