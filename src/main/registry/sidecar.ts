import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

/**
 * Entry of the registry process. From sources half of its start is compiling them, so what was
 * compiled is kept; not in the system's temporary folder, where others could write.
 */
if (import.meta.filename.endsWith('.ts')) {
  enableCompileCache(join(import.meta.dirname, '../../../node_modules/.cache/node'))
}
await import('./registry-process.ts')
