// `npm run bench [-- NAME…] [--json]`: sets up what is missing, then hands over to the pinned Node.
import { join } from 'node:path'
import { afterSetUp, nodePath, toolEnvironment } from './lib/prepare.mjs'
import { ROOT, run } from './lib/run.mjs'

const FOR_BENCHMARKS = ['nats-server', 'etcd', 'chromium']

// With --json standard output carries results and nothing else.
if (process.argv.includes('--json')) console.log = console.error

// A benchmark that needs what is still missing says so; the others run.
await afterSetUp({ packages: FOR_BENCHMARKS, required: false }, () => {
  // The benchmarks end on Ctrl-C by themselves, in order; this process only waits for it.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  const bench = join(ROOT, 'bench', 'run.ts')
  return run(nodePath(), [bench, ...process.argv.slice(2)], { env: toolEnvironment() })
})
