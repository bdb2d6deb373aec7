import type { EnrollmentsSnapshot } from '#shared/contract/enrollment.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

export type EnrollmentState = Omit<EnrollmentsSnapshot, 'type'>

const source: LiveSource<EnrollmentsSnapshot, EnrollmentState> = {
  key: [LIVE, 'enrollment'],
  open: (client, signal) => client.enrollment.watch(undefined, { signal }),
  reduce: (_state, { enrollments, servers }) => ({ enrollments, servers }),
}

export function useEnrollmentStream(): void {
  useStream(source)
}

/** Enrollments, and what is wrong with the servers for them; undefined until main told them. */
export function useEnrollments(): EnrollmentState | undefined {
  return useLive<EnrollmentState>(source.key)
}
