// `npm run demo [-- --check]`: sets up what is missing, then hands over to the pinned Node.
import { join } from 'node:path'
import { afterSetUp, electronPath, hasDisplay, nodePath, toolEnvironment } from './lib/prepare.mjs'
import { ROOT, run } from './lib/run.mjs'
import { FOR_DEMO } from './lib/system-packages.mjs'

await afterSetUp({ packages: FOR_DEMO, required: true }, async () => {
  const check = process.argv.includes('--check')
  const electron = check || !hasDisplay() ? undefined : await electronPath()
  const env = toolEnvironment()
  if (electron !== undefined) env.MUSTER_ELECTRON_PATH = electron
  // The demo ends on Ctrl-C by itself, in order; this process only waits for it.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  const demo = join(ROOT, 'scripts', 'demo', 'demo.ts')
  return run(nodePath(), [demo, ...process.argv.slice(2)], { env })
})
