import { RejectedError } from '../errors.ts'

/**
 * Eight digits from what a person typed: spaces and dashes are ignored (protocol.md,
 * "Commissioning"). A malformed PIN is never sent, because every wrong attempt counts.
 * @throws RejectedError `PIN_MALFORMED`, which does not repeat what was typed.
 */
export function normalizePin(typed: string): string {
  const digits = typed.replaceAll(/[\s-]/gu, '')
  if (/^[0-9]{8}$/.test(digits)) return digits
  throw new RejectedError({
    code: 'PIN_MALFORMED',
    message:
      'A PIN has eight digits, like 1234-5678. Nothing was sent to the device, so no attempt was used up.',
    advice: 'Read the PIN from the label again and type all eight digits.',
  })
}

/** `12345678` as it stands on labels: `1234-5678`. */
export function formatPin(digits: string): string {
  return `${digits.slice(0, 4)}-${digits.slice(4)}`
}
