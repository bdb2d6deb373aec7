// `npm run faults [-- PATTERN]`: breaks what a registry stands on, at the sizes and times of the field;
// the same suite runs in small in `npm test`. Prints what each fault did to the fleet.
import { afterSetUp, nodePath, toolEnvironment } from './lib/prepare.mjs'
import { run } from './lib/run.mjs'

await afterSetUp({ packages: ['nats-server', 'etcd'], required: true }, () => {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'faults']
  return run(nodePath(), [...vitest, ...process.argv.slice(2)], {
    env: { ...toolEnvironment(), FAULTS: 'full' },
  })
})
