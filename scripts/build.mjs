// `npm run build`: bundles main, preload and renderer into `out/`.
import { build, installPackages, requireNode } from './lib/prepare.mjs'
import { PlainFailure } from './lib/run.mjs'

try {
  requireNode()
  await installPackages()
  await build()
} catch (error) {
  if (!(error instanceof PlainFailure)) throw error
  console.error(error.message)
  process.exitCode = 1
}
