const PIN_DIGITS = 8
const GROUP = 4

/** The digits of what was typed or pasted, eight at most; spaces, dashes and the rest are left out. */
export function pinDigits(text: string): string {
  return text.replaceAll(/\D/gu, '').slice(0, PIN_DIGITS)
}

/** Digits as they stand on the label, with the dash as soon as the fifth is there. */
export function showPin(digits: string): string {
  return digits.length > GROUP ? `${digits.slice(0, GROUP)}-${digits.slice(GROUP)}` : digits
}

export function isWholePin(digits: string): boolean {
  return digits.length === PIN_DIGITS
}

/** Where the caret belongs in the shown text after `count` digits. */
export function caretAfter(count: number): number {
  return count > GROUP ? count + 1 : count
}
