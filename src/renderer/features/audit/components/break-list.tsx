import { useState } from 'react'
import { Button, Group, Modal, Textarea } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { AuditBreak } from '#shared/contract/audit.ts'
import { problemOf } from '../../../lib/problem.ts'
import { absoluteTime } from '../../../lib/time/format.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useAcknowledge } from '../api/acknowledge.ts'
import { BREAK_WORDS } from '../audit-words.ts'
import styles from './audit-screen.module.css'

/** Breaks shown in full; a log that was rewritten altogether has one for nearly every entry. */
const SHOWN_BREAKS = 5

/** Where the log is not what Muster wrote, what that means and what to do. */
export function BreakList({ breaks }: { breaks: readonly AuditBreak[] }) {
  if (breaks.length === 0) return null
  const shown = breaks.slice(0, SHOWN_BREAKS)
  return (
    <ul className={styles.breaks} aria-label="Breaks">
      {shown.map((found) => (
        <li key={found.id}>
          <BreakNotice found={found} />
        </li>
      ))}
      {breaks.length > shown.length && (
        <li className="m-muted">
          And {breaks.length - shown.length} more. The export holds every entry as it was found.
        </li>
      )}
    </ul>
  )
}

function BreakNotice({ found }: { found: AuditBreak }) {
  const [asking, setAsking] = useState(false)
  const { title, meaning, advice } = BREAK_WORDS[found.kind]
  const { acknowledged } = found
  if (acknowledged !== null) {
    return (
      <Notice tone="warn" title={title(found)}>
        Looked into by <bdi>{acknowledged.user}</bdi> <TimeText at={acknowledged.at} />:{' '}
        <bdi>{acknowledged.reason}</bdi>
      </Notice>
    )
  }
  return (
    <>
      <div className={styles.break} role="note">
        <IconAlertTriangle className={styles.breakIcon} size={18} stroke={1.75} aria-hidden />
        <div>
          <strong className={styles.breakTitle}>{title(found)}</strong>
          <div>
            {meaning} {aroundText(found)} {advice}
          </div>
        </div>
        <Button size="xs" variant="default" onClick={() => setAsking(true)}>
          I have looked into it…
        </Button>
      </div>
      {asking && <AcknowledgeDialog found={found} onClose={() => setAsking(false)} />}
    </>
  )
}

/** Between which moments it must have been written, as the entries around it tell. */
function aroundText({ after, before, kind }: AuditBreak): string {
  if (kind === 'unanchored') return ''
  if (after !== null && before !== null) {
    return `The entries around it are of ${textOf(after)} and ${textOf(before)}.`
  }
  if (after !== null) return `The last entry before it is of ${textOf(after)}.`
  return before === null ? '' : `The first entry after it is of ${textOf(before)}.`
}

function textOf(at: string): string {
  return absoluteTime(Date.parse(at))
}

function AcknowledgeDialog({ found, onClose }: { found: AuditBreak; onClose: () => void }) {
  const [reason, setReason] = useState('')
  const acknowledge = useAcknowledge()
  return (
    <Modal opened onClose={onClose} title={BREAK_WORDS[found.kind].title(found)}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          acknowledge.mutate({ id: found.id, reason: reason.trim() }, { onSuccess: onClose })
        }}
      >
        <p style={{ marginTop: 0 }}>
          Your words become an entry of the log, with your name. The break stays a break: this only
          says that you know of it.
        </p>
        <Textarea
          label="What you found out"
          placeholder="Restored from the backup of Sunday after the disk failed."
          autosize
          minRows={2}
          maxLength={500}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {acknowledge.isError && (
          <div style={{ marginTop: 12 }}>
            <ProblemNotice problem={problemOf(acknowledge.error)} />
          </div>
        )}
        <Group justify="flex-end" mt="md" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={reason.trim() === ''} loading={acknowledge.isPending}>
            Write it down
          </Button>
        </Group>
      </form>
    </Modal>
  )
}
