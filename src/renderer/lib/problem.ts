import { ORPCError } from '@orpc/client'
import { Problem } from '#shared/contract/common.ts'
import { MusterError } from '#shared/errors.ts'
import { problemOf as problemOfError } from '#shared/problem-of.ts'

/** Any rejected call as something that can be shown: what happened, and what to do. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof MusterError) return problemOfError(thrown)
  if (thrown instanceof ORPCError) {
    const told = Problem.safeParse(thrown.data)
    if (told.success) return told.data
    if (thrown.code === 'BAD_REQUEST') {
      return {
        code: 'INPUT_REJECTED',
        kind: 'rejected',
        message: 'Muster did not accept this input; nothing was changed.',
        advice: 'Check the fields for empty, too long or unusual values and try again.',
        details: {},
      }
    }
  }
  return {
    code: 'INTERNAL',
    kind: 'internal',
    message: 'Something went wrong inside Muster that it did not expect.',
    advice: 'Try again. If it happens again, send the log to whoever supports you.',
    details: {},
  }
}

/** A text among the details of a problem, such as the time a lock opens. */
export function textDetail(problem: Problem, name: string): string | null {
  const value = problem.details[name]
  return typeof value === 'string' ? value : null
}
