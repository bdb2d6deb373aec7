import { useId, type ChangeEvent, type KeyboardEvent, type RefObject } from 'react'
import { Input } from '@mantine/core'
import { caretAfter, isWholePin, pinDigits, showPin } from '../pin-text.ts'
import styles from './commission-form.module.css'

interface PinInputProps {
  /** The field itself holds the PIN; the state of the page never does. */
  readonly field: RefObject<HTMLInputElement | null>
  readonly onWhole: (whole: boolean) => void
  readonly error: string | null
  readonly disabled: boolean
}

/** Eight digits, written 1234-5678; the dash comes by itself, pasted text may look as it likes. */
export function PinInput({ field, onWhole, error, disabled }: PinInputProps) {
  const id = useId()
  return (
    <Input.Wrapper
      id={id}
      label="PIN"
      description="Eight digits, on the label of the device."
      error={error}
    >
      <Input
        id={id}
        ref={field}
        classNames={{ input: styles.pin ?? '' }}
        inputMode="numeric"
        autoComplete="off"
        spellCheck={false}
        placeholder="1234-5678"
        size="lg"
        disabled={disabled}
        error={error !== null}
        onChange={(event) => onWhole(isWholePin(arrange(event)))}
        onKeyDown={stepOverDash}
      />
    </Input.Wrapper>
  )
}

// Writes the digits back with their dash and keeps the caret behind the digit it was behind.
function arrange({ currentTarget: input }: ChangeEvent<HTMLInputElement>): string {
  const caret = input.selectionStart ?? input.value.length
  const before = pinDigits(input.value.slice(0, caret)).length
  const digits = pinDigits(input.value)
  const text = showPin(digits)
  if (input.value !== text) {
    input.value = text
    const place = Math.min(caretAfter(before), text.length)
    input.setSelectionRange(place, place)
  }
  return digits
}

// Backspace right behind the dash would take the dash only, which comes back at once.
function stepOverDash(event: KeyboardEvent<HTMLInputElement>): void {
  const input = event.currentTarget
  const { selectionStart: start, selectionEnd: end, value } = input
  if (event.key !== 'Backspace' || start === null || start !== end) return
  if (value[start - 1] === '-') input.setSelectionRange(start - 1, start - 1)
}
