import { test } from 'vitest'

/** A test about what may not be read or written: root may read and write everything. */
export const unlessRoot = test.skipIf(process.getuid?.() === 0)
