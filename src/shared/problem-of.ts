import type { Problem } from './contract/common.ts'
import type { MusterError } from './errors.ts'

/** What may cross to the renderer of an error: no stack, no cause. */
export function problemOf(error: MusterError): Problem {
  return {
    code: error.code,
    kind: error.kind,
    message: error.message,
    advice: error.advice,
    details: { ...error.details },
  }
}
