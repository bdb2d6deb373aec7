import { randomInt } from 'node:crypto'
import { shellWord } from '../../content/shell-text.ts'

/** Crockford's Base32: no I, L, O and U, so that nothing is mistaken when it is read out or copied by hand. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/**
 * 40 bits. Who guesses has MAX_WRONG_CODES tries before the hand-over ends, so that the chance to hit is one in
 * fifty thousand million.
 */
const LENGTH = 8

/** A fresh code, without dashes. Secret. */
export function newCode(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}

/** As it is shown and read out: `K7QF-2MXR`. */
export function spoken(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}

/** What somebody typed as it was meant: small letters, spaces, an O for a zero. */
export function codeOf(typed: string): string {
  return typed
    .slice(0, 64)
    .toUpperCase()
    .replaceAll(/[\s-]/gu, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/gu, '1')
}

/**
 * One line for a shell that fetches the bundle. The server is known by the hash of its public key (RFC 7469,
 * 2.4): the receiving side knows no authority that could vouch for it. Secret.
 * @param pin SHA-256 of the server's SubjectPublicKeyInfo, in Base64
 */
export function fetchCommand(serverUrl: string, code: string, file: string, pin: string): string {
  const url = `${serverUrl}/take?code=${spoken(code)}`
  return `(umask 077; curl -fsSk --pinnedpubkey 'sha256//${pin}' -o ${shellWord(file)} '${url}')`
}
