// `npm start`: the app on the person's own profile, in Electron where it can be had, else in the
// browser host. `npm start -- --browser` chooses the browser host.
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
  await installSystemPackages(FOR_DEMO, { required: false })
  await build()
  const args = process.argv.slice(2).filter((argument) => argument !== '--browser')
  const wantsBrowser = process.argv.includes('--browser') || !hasDisplay()
  const electron = wantsBrowser ? undefined : await electronPath()
  process.on('SIGINT', () => undefined)
  const command =
    electron === undefined
      ? [nodePath(), join(ROOT, 'out', 'main', 'browser.js'), '--open', ...args]
      : [electron, ROOT, ...args]
  process.exitCode = await run(command[0], command.slice(1), { env: toolEnvironment() })
} catch (error) {
  if (!(error instanceof PlainFailure)) throw error
  console.error(error.message)
  process.exitCode = 1
}
