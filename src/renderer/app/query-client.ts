import { QueryClient } from '@tanstack/react-query'
import { problemOf } from '../lib/problem.ts'

const MAX_RETRIES = 2
const FIRST_RETRY_MS = 300
const STALE_AFTER_MS = 2_000
/** Answers may hold what a device told; nothing is kept long that is not on the screen. */
const FORGET_AFTER_MS = 60_000

/** The cache of what main said. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Main is on this machine: a laptop without internet must not pause its questions.
        networkMode: 'always',
        staleTime: STALE_AFTER_MS,
        gcTime: FORGET_AFTER_MS,
        retryDelay: (failures) => FIRST_RETRY_MS * 2 ** failures,
        retry: (failures, error) => failures < MAX_RETRIES && problemOf(error).kind === 'transient',
      },
      mutations: { networkMode: 'always', retry: false, gcTime: 0 },
    },
  })
}
