import { test } from 'vitest'
import { canMount } from './removable-drive.ts'

/** A test about removable drives with real file systems. */
export const withDrives = test.skipIf(!canMount)
