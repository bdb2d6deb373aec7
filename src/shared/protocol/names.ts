import { RejectedError } from '../errors.ts'

/** Longest token read from the wire, in UTF-8 bytes (protocol.md, "Subjects"). */
const MAX_TOKEN_BYTES = 256

const STRICT_NAME = /^[A-Za-z0-9_-]{1,64}$/

// White space, dots, wildcards and control characters would change what a subject means.
const UNSAFE_IN_TOKEN = /[\s.*>\p{Cc}]/u

function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4
  }
  return bytes
}

/** Whether `name` may be given to a new tenant or device (`^[A-Za-z0-9_-]{1,64}$`). */
export function isStrictName(name: string): boolean {
  return STRICT_NAME.test(name)
}

/** Whether a token read from the wire is safe to use in a subject, a key or a path. */
export function isSafeToken(token: string): boolean {
  return (
    token.length > 0 &&
    token.length <= MAX_TOKEN_BYTES &&
    !UNSAFE_IN_TOKEN.test(token) &&
    utf8Length(token) <= MAX_TOKEN_BYTES
  )
}

/**
 * Returns `token` if it is safe in a subject.
 * @throws RejectedError `NAME_UNSAFE` otherwise, without echoing the token.
 */
export function requireSafeToken(
  token: string,
  what: 'tenant' | 'device id' | 'event name' | 'correlation id',
): string {
  if (isSafeToken(token)) return token
  throw new RejectedError({
    code: 'NAME_UNSAFE',
    message: `This ${what} holds a character that NATS subjects give a meaning to (a dot, a space, * or >), is empty, or is longer than 256 bytes.`,
    advice: `Use a ${what} of letters, digits, dashes and underscores.`,
  })
}
