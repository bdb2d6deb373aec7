import { isJsonObject, parseJsonObject } from '#shared/protocol/json-rpc.ts'

/** What a device said of a command on `P.T.D.event.async_reply.CORRELATION`. */
export interface AsyncReply {
  readonly success: boolean
  readonly result: unknown
  readonly error: { readonly code: string; readonly message: string } | null
  /** The device failed and leaves it in the queue, so that it is tried again. */
  readonly retryable: boolean
  /** Which delivery that was; null where the device does not say. */
  readonly attempt: number | null
}

const LONGEST_MESSAGE = 2_000

/** Reads an answer; undefined where it is none. Text of a device is data: cut where it is long. */
export function readAsyncReply(text: string): AsyncReply | undefined {
  const reply = parseJsonObject(text)
  if (reply === undefined || typeof reply['success'] !== 'boolean') return undefined
  const { success, result, error, retryable, attempt } = reply
  return {
    success,
    result: result ?? null,
    error: success ? null : failureIn(error),
    retryable: !success && retryable === true,
    attempt: typeof attempt === 'number' && Number.isInteger(attempt) ? attempt : null,
  }
}

function failureIn(error: unknown): { code: string; message: string } {
  const { code, message } = isJsonObject(error) ? error : {}
  return {
    code: typeof code === 'string' || typeof code === 'number' ? String(code).slice(0, 64) : '',
    message: typeof message === 'string' ? message.slice(0, LONGEST_MESSAGE) : '',
  }
}
