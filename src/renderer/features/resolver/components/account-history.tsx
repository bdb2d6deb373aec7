import { useState } from 'react'
import { Button, Collapse, Modal, Skeleton } from '@mantine/core'
import type { AccountVersion } from '#shared/contract/resolver.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useDiff } from '../api/use-diff.ts'
import { useHistory } from '../api/use-history.ts'
import { DifferenceList } from './difference-list.tsx'
import styles from './resolver.module.css'
import { RollbackForm } from './rollback-form.tsx'

interface AccountHistoryProps {
  /** Public key of the account (A…). */
  readonly account: string
  /** What people call it; to be typed before it is rolled back. */
  readonly name: string
}

/** The versions of an account that the servers confirmed, what each changed, and the way back. */
export function AccountHistory({ account, name }: AccountHistoryProps) {
  const history = useHistory(account)
  const [open, setOpen] = useState<number | null>(null)
  const [back, setBack] = useState<AccountVersion | null>(null)
  if (history.isPending) return <Skeleton height={140} radius="md" />
  if (history.isError) return <ProblemNotice problem={problemOf(history.error)} />
  if (history.data.length === 0) {
    return <p className="m-muted">No server has confirmed this account yet.</p>
  }
  return (
    <>
      <ul className={styles.versions} aria-label="Versions of the account">
        {history.data.map((version) => (
          <li key={version.id} className={styles.version}>
            <button
              type="button"
              className={styles.versionButton}
              aria-expanded={open === version.id}
              onClick={() => setOpen(open === version.id ? null : version.id)}
            >
              <span>{version.summary}</span>
              {version.current ? <Tag>now</Tag> : <span />}
              <span className={styles.versionTime}>
                <TimeText at={version.at} />
              </span>
            </button>
            <Collapse expanded={open === version.id}>
              {open === version.id && (
                <Version account={account} version={version} onRollBack={() => setBack(version)} />
              )}
            </Collapse>
          </li>
        ))}
      </ul>
      <Modal opened={back !== null} onClose={() => setBack(null)} title="Go back" size="lg">
        {back !== null && (
          <RollbackForm
            account={account}
            name={name}
            version={back}
            onCancel={() => setBack(null)}
            onDone={() => {
              setBack(null)
              setOpen(null)
            }}
          />
        )}
      </Modal>
    </>
  )
}

interface VersionProps {
  readonly account: string
  readonly version: AccountVersion
  readonly onRollBack: () => void
}

function Version({ account, version, onRollBack }: VersionProps) {
  const diff = useDiff(account, version.id)
  return (
    <div className={styles.versionBody}>
      {diff.isPending && <Skeleton height={60} radius="md" />}
      {diff.isError && <ProblemNotice problem={problemOf(diff.error)} />}
      {diff.data !== undefined && (
        <DifferenceList
          label="What it changed"
          differences={diff.data}
          none="It was signed anew; nothing else changed."
        />
      )}
      {!version.current && (
        <div>
          <Button size="xs" variant="default" onClick={onRollBack}>
            Go back to this version…
          </Button>
        </div>
      )}
    </div>
  )
}
