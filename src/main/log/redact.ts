/**
 * Takes secrets out of whatever is about to leave the process as text. The patterns are those of
 * the field: NATS seeds (S, then the kind, base32), JWTs, and the values of fields whose name says
 * that they are secret. It is the net under the rule that no secret is ever passed to a logger.
 */
const SEED = /\bS[OACUNX][A-Z2-7]{56}\b/gu
const JWT = /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)?/gu
const LABELLED =
  /("?(?:pin|passphrase|password|seed|nkey_seed|jwt|token|secret)"?\s*[:=]\s*"?)([^\s",}&]+)/giu

const REDACTED = '[redacted]'

/** `text` with every seed, JWT and labelled secret replaced by `[redacted]`. */
export function redact(text: string): string {
  return text
    .replaceAll(SEED, REDACTED)
    .replaceAll(JWT, REDACTED)
    .replaceAll(LABELLED, (_match, label: string) => `${label}${REDACTED}`)
}
