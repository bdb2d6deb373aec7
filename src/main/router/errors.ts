import { ORPCError } from '@orpc/server'
import { toMusterError, type ErrorKind, type MusterError } from '#shared/errors.ts'
import { ERROR_STATUS } from '#shared/contract/common.ts'
import { problemOf } from '#shared/problem-of.ts'

const CODES = {
  transient: 'TRANSIENT',
  rejected: 'REJECTED',
  conflict: 'CONFLICT',
  internal: 'INTERNAL',
} as const satisfies Record<ErrorKind, string>

/**
 * The one place where what main throws becomes an error of the contract. Errors of oRPC itself
 * (bad input, unknown procedure) pass unchanged; `onInternal` hears of what nobody expected.
 */
export function toContractError(thrown: unknown, onInternal: (error: MusterError) => void): Error {
  if (thrown instanceof ORPCError) return thrown
  const error = toMusterError(thrown)
  if (error.kind === 'internal') onInternal(error)
  const code = CODES[error.kind]
  return new ORPCError(code, {
    status: ERROR_STATUS[code],
    message: error.message,
    data: problemOf(error),
  })
}
