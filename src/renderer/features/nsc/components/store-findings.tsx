import { useState } from 'react'
import { UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import type { NscFinding, NscFindingGroup, NscScan } from '#shared/contract/nsc.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Dot } from '../../../ui/state-mark.tsx'
import { GROUP_ORDER, GROUP_WORDS } from '../nsc-words.ts'
import styles from './nsc.module.css'

/** Lines that are drawn of one group; a store may have thousands of sound users. */
const MAX_LINES = 100

/** Everything that was seen in a store, those that want a look first and open. */
export function StoreFindings({ scan }: { scan: NscScan }) {
  const groups = GROUP_ORDER.filter((group) => scan.counts[group] > 0)
  return (
    <section className={styles.findings} aria-label="What was found">
      <h3 className={styles.heading}>What was found</h3>
      {scan.cut && (
        <Notice tone="warn" title="There is more in these folders than Muster looks at.">
          Name the folder of the store itself.
        </Notice>
      )}
      <div className={styles.groups}>
        {groups.map((group) => (
          <Group
            key={group}
            group={group}
            count={scan.counts[group]}
            findings={scan.findings.filter((finding) => finding.group === group)}
          />
        ))}
      </div>
    </section>
  )
}

interface GroupProps {
  readonly group: NscFindingGroup
  readonly count: number
  readonly findings: readonly NscFinding[]
}

function Group({ group, count, findings }: GroupProps) {
  const { title, tone } = GROUP_WORDS[group]
  const [open, setOpen] = useState(tone === 'bad' || tone === 'warn')
  const shown = findings.slice(0, MAX_LINES)
  return (
    <div className={styles.group}>
      <UnstyledButton
        className={styles.groupHead}
        aria-expanded={open}
        onClick={() => setOpen((before) => !before)}
      >
        <IconChevronRight size={15} data-open={open} aria-hidden />
        <Dot tone={tone} />
        <span className={styles.groupTitle}>{title}</span>
        <span className={styles.groupCount}>{count.toLocaleString('en')}</span>
      </UnstyledButton>
      {open && (
        <ul className={styles.lines}>
          {shown.map((finding) => (
            <li key={`${finding.path} ${finding.publicKey ?? ''} ${finding.name}`}>
              <span className={styles.what}>{finding.what}</span>
              <span className={styles.line}>
                <DeviceText text={finding.name} wrap className={styles.name ?? ''} />
                {finding.text !== '' && <bdi className={styles.meaning}>{finding.text}</bdi>}
                <DeviceText text={finding.path} mono className={styles.where ?? ''} />
              </span>
            </li>
          ))}
          {count > shown.length && (
            <li className={styles.rest}>and {(count - shown.length).toLocaleString('en')} more</li>
          )}
        </ul>
      )}
    </div>
  )
}
