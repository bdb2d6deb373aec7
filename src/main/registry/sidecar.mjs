import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

/**
 * Entry of the registry process from sources; the built app has `registry-process.ts` as a bundle.
 * Half of its start is stripping types and compiling, so what was compiled is kept, and this file is
 * JavaScript so that with it not even the stripper is loaded. Not in the system's temporary folder,
 * where others could write.
 */
enableCompileCache(join(import.meta.dirname, '../../../node_modules/.cache/node'))
await import('./registry-process.ts')
