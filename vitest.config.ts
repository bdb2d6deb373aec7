import { defineConfig } from 'vitest/config'
import './scripts/test/compile-cache.ts'

const POLLING = { poll: { timeout: 10_000 } }

/** Two files at a time, on a machine of two cores too, where the runner itself would take one. */
const WORKERS = 2

// One project per suite, so that each can be run alone: `npx vitest run --project unit`.
export default defineConfig({
  test: {
    // What is polled for comes when a loaded machine lets it; a test that fails for it lies.
    expect: POLLING,
    projects: [
      {
        test: {
          name: 'unit',
          // Nothing lives in modules here, so files may share them; it halves the time.
          isolate: false,
          maxWorkers: WORKERS,
          expect: POLLING,
          include: ['src/**/*.test.ts'],
          exclude: ['src/renderer/**'],
          environment: 'node',
        },
      },
      {
        test: {
          name: 'renderer',
          isolate: false,
          maxWorkers: WORKERS,
          expect: POLLING,
          include: ['src/renderer/**/*.test.ts'],
          environment: 'node',
        },
      },
      {
        test: {
          name: 'contract',
          maxWorkers: WORKERS,
          include: ['tests/contract/**/*.test.ts'],
          expect: POLLING,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          expect: POLLING,
          include: ['tests/integration/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: WORKERS,
        },
      },
      {
        test: {
          name: 'interop',
          expect: POLLING,
          include: ['tests/interop/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 300_000,
          // One at a time: most of these processes are not Node's, and e2e runs beside.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
