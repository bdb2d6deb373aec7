import { useState } from 'react'
import { NumberInput } from '@mantine/core'
import type { GroupProps } from './appearance-group.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'

const MAX_PENDING_MINUTES = 7 * 24 * 60
const MAX_CREDENTIAL_DAYS = 3_650

/** What new credentials are like. */
export function CommissioningGroup({ settings, onChange }: GroupProps) {
  return (
    <SettingGroup title="Commissioning">
      <SettingRow
        name="Deadline for the first connection"
        help="A device that has not connected with its credential by then loses it."
      >
        <NumberSetting
          label="Deadline for the first connection in minutes"
          value={settings.pendingDeadlineMinutes}
          max={MAX_PENDING_MINUTES}
          suffix=" min"
          onCommit={(pendingDeadlineMinutes) => onChange({ pendingDeadlineMinutes })}
        />
      </SettingRow>
      <SettingRow
        name="Validity of credentials"
        help="Counted from the issue; devices have to be renewed before."
      >
        <NumberSetting
          label="Validity of credentials in days"
          value={settings.credentialDays}
          max={MAX_CREDENTIAL_DAYS}
          suffix=" days"
          onCommit={(credentialDays) => onChange({ credentialDays })}
        />
      </SettingRow>
    </SettingGroup>
  )
}

interface NumberSettingProps {
  readonly label: string
  readonly value: number
  readonly max: number
  readonly suffix: string
  readonly onCommit: (value: number) => void
}

/** A number that is saved when the person leaves the field or presses Enter. */
function NumberSetting({ label, value, max, suffix, onCommit }: NumberSettingProps) {
  const [typed, setTyped] = useState<number | string>(value)
  const [base, setBase] = useState(value)
  // Main answered with another value, or another window changed it.
  if (base !== value) {
    setBase(value)
    setTyped(value)
  }
  const commit = () => {
    const number = typeof typed === 'number' ? typed : Number.parseInt(typed, 10)
    const valid = Number.isInteger(number) && number >= 1 && number <= max
    if (!valid) setTyped(value)
    else if (number !== value) onCommit(number)
  }
  return (
    <NumberInput
      aria-label={label}
      w={140}
      min={1}
      max={max}
      allowDecimal={false}
      suffix={suffix}
      value={typed}
      onChange={setTyped}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit()
      }}
    />
  )
}
