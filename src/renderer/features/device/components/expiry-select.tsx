import { NativeSelect } from '@mantine/core'
import { EXPIRIES } from '../queue-words.ts'

interface ExpirySelectProps {
  readonly value: string
  readonly onChange: (value: string) => void
}

/** How long a command may wait. */
export function ExpirySelect({ value, onChange }: ExpirySelectProps) {
  return (
    <NativeSelect
      aria-label="How long it may wait"
      w={130}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={EXPIRIES.map(({ value: ms, label }) => ({ value: ms, label: `for ${label}` }))}
    />
  )
}
