import { join } from 'node:path'

/**
 * Every Node process that tests start compiles the same sources; half of its start is spared where
 * what it compiled before is kept. Imported for that alone: processes inherit it from the runner.
 */
process.env['NODE_COMPILE_CACHE'] ??= join(
  import.meta.dirname,
  '..',
  '..',
  'node_modules',
  '.cache',
  'node',
)
