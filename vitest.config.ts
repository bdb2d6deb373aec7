import { defineConfig } from 'vitest/config'
import './scripts/test/compile-cache.ts'

const SHARED = {
  // Nothing lives in modules here, so test files of one worker may share them: half the work.
  isolate: false,
  // What is waited for comes when a loaded machine lets it; a test that fails for it lies. So every
  // deadline here is for what hangs, and costs nothing otherwise.
  expect: { poll: { timeout: 60_000 } },
  testTimeout: 300_000,
  hookTimeout: 300_000,
  environment: 'node',
} as const

// One project per suite, so that each can be run alone: `npx vitest run --project unit`. Projects of
// one group run at the same time, with as many files at a time as a machine of two cores carries.
const WORKING = { maxWorkers: 2, sequence: { groupOrder: 0 } }
/** With real servers and real time a file waits more than it works. */
const WAITING = { maxWorkers: 3, sequence: { groupOrder: 1 } }
/** Most processes of these are not Node's, and they run beside each other. */
const ALONE = { maxWorkers: 1, sequence: { groupOrder: 2 } }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...SHARED,
          ...WORKING,
          name: 'unit',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['src/renderer/**'],
        },
      },
      {
        test: { ...SHARED, ...WORKING, name: 'renderer', include: ['src/renderer/**/*.test.ts'] },
      },
      {
        test: {
          ...SHARED,
          ...WAITING,
          name: 'contract',
          include: ['tests/contract/**/*.test.ts'],
        },
      },
      {
        test: {
          ...SHARED,
          ...WAITING,
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
        },
      },
      {
        test: {
          ...SHARED,
          ...ALONE,
          name: 'faults',
          include: ['tests/faults/**/*.test.ts'],
          testTimeout: process.env['FAULTS'] === 'full' ? 400_000 : 240_000,
          // Faults of one file run beside each other: they wait more than they work. Each is half a
          // dozen processes, so not many.
          maxConcurrency: 3,
        },
      },
      {
        test: {
          ...SHARED,
          ...ALONE,
          name: 'interop',
          include: ['tests/interop/**/*.test.ts'],
        },
      },
    ],
  },
})
