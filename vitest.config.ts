import { defineConfig } from 'vitest/config'

const POLLING = { poll: { timeout: 10_000 } }

// One project per suite, so that each can be run alone: `npx vitest run --project unit`.
// Integration and interop start real servers; two files at a time is what two cores carry.
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
          expect: POLLING,
          include: ['src/renderer/**/*.test.ts'],
          environment: 'node',
        },
      },
      {
        test: {
          name: 'contract',
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
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'interop',
          expect: POLLING,
          include: ['tests/interop/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
        },
      },
    ],
  },
})
