import { useState } from 'react'
import { IconFunction } from '@tabler/icons-react'
import type { DeviceAddress, DeviceRecord } from '#shared/contract/fleet.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { CallHistory } from './call-history.tsx'
import { FunctionCard } from './function-card.tsx'
import styles from './functions-tab.module.css'

interface FunctionsTabProps {
  readonly address: DeviceAddress
  readonly record: DeviceRecord
  readonly online: boolean
  readonly onShowQueue: () => void
}

/** What the device can be asked to do, and what it answered so far. */
export function FunctionsTab({ address, record, online, onShowQueue }: FunctionsTabProps) {
  const { functions } = record
  const [open, setOpen] = useState<string | null>(
    functions.length === 1 ? (functions[0]?.name ?? null) : null,
  )
  if (functions.length === 0) {
    return (
      <EmptyState icon={IconFunction} title="This device has no functions">
        It declared none when it registered.
      </EmptyState>
    )
  }
  return (
    <>
      <div className={styles.list}>
        {functions.map((declared) => (
          <FunctionCard
            key={declared.name}
            address={address}
            declared={declared}
            online={online}
            onShowQueue={onShowQueue}
            open={open === declared.name}
            onToggle={() => setOpen(open === declared.name ? null : declared.name)}
          />
        ))}
      </div>
      <CallHistory address={address} />
    </>
  )
}
