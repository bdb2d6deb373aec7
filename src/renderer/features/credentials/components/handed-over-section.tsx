import { Button } from '@mantine/core'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useReceiptsOfKey } from '../api/get-receipts.ts'
import styles from './credentials-screen.module.css'

interface HandedOverSectionProps {
  readonly publicKey: string
  readonly onOpen: (receipt: string) => void
}

/** With which bundles it went out, and where to; nothing where it went with none. */
export function HandedOverSection({ publicKey, onOpen }: HandedOverSectionProps) {
  const receipts = useReceiptsOfKey(publicKey)
  if (receipts.isError) return <ProblemNotice problem={problemOf(receipts.error)} />
  if (receipts.data === undefined || receipts.data.length === 0) return null
  return (
    <Section title="Handed over">
      <ul className={styles.items}>
        {receipts.data.map(({ id, at, destination }) => (
          <li key={id} className={styles.item}>
            <div className={styles.itemHead}>
              <span>
                <TimeText at={at} />, to <DeviceText text={destination.label} wrap />
              </span>
              <Button
                size="compact-xs"
                variant="subtle"
                onClick={() => onOpen(id)}
                style={{ marginInlineStart: 'auto' }}
              >
                Receipt
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}
