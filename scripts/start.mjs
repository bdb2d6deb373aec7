// `npm start`: the app on the person's own profile, in Electron where it can be had, else in the
// browser host. `npm start -- --browser` chooses the browser host.
import { join } from 'node:path'
import { afterSetUp, electronPath, hasDisplay, nodePath, toolEnvironment } from './lib/prepare.mjs'
import { ROOT, run } from './lib/run.mjs'
import { FOR_DEMO } from './lib/system-packages.mjs'

await afterSetUp({ packages: FOR_DEMO, required: false }, async () => {
  const args = process.argv.slice(2).filter((argument) => argument !== '--browser')
  const wantsBrowser = process.argv.includes('--browser') || !hasDisplay()
  const electron = wantsBrowser ? undefined : await electronPath()
  process.on('SIGINT', () => undefined)
  const command =
    electron === undefined
      ? [nodePath(), join(ROOT, 'out', 'main', 'browser.js'), '--open', ...args]
      : [electron, ROOT, ...args]
  return run(command[0], command.slice(1), { env: toolEnvironment() })
})
