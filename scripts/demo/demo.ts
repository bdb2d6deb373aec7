// The demo, after `scripts/demo.mjs` set everything up: a throwaway Muster with a local mesh, three
// devices in its fleet and three that wait to be commissioned. Ctrl-C ends all of it.
import { once } from 'node:events'
import { formatPin } from '#shared/protocol/pin.ts'
import { openAppWindow } from '../../src/main/browser/open-window.ts'
import { checkDemo } from './demo-check.ts'
import { openDemoWorld, populate } from './demo-world.ts'

if (process.argv.includes('--check')) process.exit(await checkDemo())

const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => resolve())
})
const electron = process.env['MUSTER_ELECTRON_PATH']
console.log('Starting Muster, its mesh and six simulated devices …')
const world = await openDemoWorld(electron)
try {
  await Promise.race([populate(world), interrupted])
  console.log(
    '\nThree devices of a greenhouse are in the fleet. Three more wait to be commissioned:\n',
  )
  for (const { deviceId, pin } of world.waiting)
    console.log(`  ${deviceId.padEnd(18)} PIN ${formatPin(pin)}`)
  const window = electron === undefined ? await showInBrowser() : undefined
  console.log('\nCtrl-C ends the demo and leaves nothing behind.')
  const muster = once(world.muster.child, 'exit')
  await Promise.race([interrupted, muster, ...(window === undefined ? [] : [window.closed])])
} finally {
  console.log('\nEnding …')
  await world.close()
}
process.exit(0)

/** Opens an app window where there is a browser and a display, else tells the one-time link. */
async function showInBrowser(): Promise<{ closed: Promise<void> } | undefined> {
  const url = await world.muster.mintUrl()
  const window = openAppWindow(url, world.browserFolder)
  if (window === undefined) {
    console.log(`\nOpen this link in a browser of this computer (it works once): ${url}`)
    console.log('Press Enter for another link.')
    process.stdin.on('data', () => {
      void world.muster.mintUrl().then((link) => console.log(link))
    })
    return undefined
  }
  const closed = new Promise<void>((resolve) => window.onClosed(resolve))
  void interrupted.then(() => window.close())
  return { closed }
}
