// `npm run bench [-- NAME…] [--json]`: sets up what is missing, then hands over to the pinned Node.
import { join } from 'node:path'
import { build, installPackages, nodePath, requireNode, toolEnvironment } from './lib/prepare.mjs'
import { PlainFailure, ROOT, run } from './lib/run.mjs'
import { installSystemPackages } from './lib/system-packages.mjs'

const FOR_BENCHMARKS = ['nats-server', 'chromium']

// With --json standard output carries results and nothing else.
if (process.argv.includes('--json')) console.log = console.error

try {
  requireNode()
  await installPackages()
  // A benchmark that needs what is still missing says so; the others run.
  await installSystemPackages(FOR_BENCHMARKS, { required: false })
  await build()
  // The benchmarks end on Ctrl-C by themselves, in order; this process only waits for it.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  process.exitCode = await run(
    nodePath(),
    [join(ROOT, 'bench', 'run.ts'), ...process.argv.slice(2)],
    { env: toolEnvironment() },
  )
} catch (error) {
  if (!(error instanceof PlainFailure)) throw error
  console.error(error.message)
  process.exitCode = 1
}
