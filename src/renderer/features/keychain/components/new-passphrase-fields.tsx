import { useImperativeHandle, useRef, useState, type Ref } from 'react'
import { PasswordInput } from '@mantine/core'

/** As main demands it. */
const MIN_LENGTH = 10

export interface NewPassphraseHandle {
  /** What was typed, twice the same; null, and a complaint beside the field, where it was not. */
  read(): string | null
  clear(): void
}

interface NewPassphraseFieldsProps {
  readonly ref: Ref<NewPassphraseHandle>
  readonly disabled: boolean
  readonly size?: 'sm' | 'md'
}

/** Asks for a new passphrase, twice. It stays in its fields and is read at the moment of use. */
export function NewPassphraseFields({ ref, disabled, size = 'md' }: NewPassphraseFieldsProps) {
  const first = useRef<HTMLInputElement>(null)
  const second = useRef<HTMLInputElement>(null)
  const [complaint, setComplaint] = useState<string | null>(null)
  useImperativeHandle(ref, () => ({
    read: () => {
      const one = first.current?.value ?? ''
      const problem = complaintAbout(one, second.current?.value ?? '')
      setComplaint(problem)
      return problem === null ? one : null
    },
    clear: () => {
      for (const { current } of [first, second]) if (current !== null) current.value = ''
    },
  }))
  return (
    <>
      <PasswordInput
        ref={first}
        label="New passphrase"
        description="At least 10 characters; four or five words are best. It cannot be recovered."
        size={size}
        autoComplete="new-password"
        disabled={disabled}
      />
      <PasswordInput
        ref={second}
        label="Repeat the passphrase"
        size={size}
        autoComplete="new-password"
        error={complaint}
        disabled={disabled}
      />
    </>
  )
}

function complaintAbout(one: string, other: string): string | null {
  if (one.length < MIN_LENGTH) return `Use at least ${MIN_LENGTH} characters.`
  return one === other ? null : 'The two passphrases differ.'
}
