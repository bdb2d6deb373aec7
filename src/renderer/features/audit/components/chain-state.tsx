import type { AuditStatus } from '#shared/contract/audit.ts'
import { StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import styles from './audit-screen.module.css'

const WORDS: Readonly<Record<AuditStatus['state'], { word: string; tone: Tone }>> = {
  waiting: { word: 'Waits for the keychain', tone: 'off' },
  checking: { word: 'Being checked', tone: 'busy' },
  sound: { word: 'Unbroken', tone: 'ok' },
  broken: { word: 'Broken', tone: 'bad' },
}

/** Whether the chain holds, how long it is, and when that was looked at. */
export function ChainState({ status }: { status: AuditStatus }) {
  const { state, entries, progress, checkedFrom, checkedAt, fullyCheckedAt } = status
  const { word, tone } = WORDS[state]
  return (
    <span className={styles.state} role="status" aria-label="State of the chain">
      <StateMark tone={tone} word={word} />
      <span className="m-numbers">{entries.toLocaleString('en')} entries</span>
      {progress !== null && (
        <span className="m-numbers">{progress.toLocaleString('en')} checked</span>
      )}
      {progress === null && checkedAt !== null && (
        <span>
          {checkedFrom === 1 ? 'all checked ' : `checked from entry ${checkedFrom} on `}
          <TimeText at={checkedAt} />
          {checkedFrom !== 1 && (
            <>
              , all of it <TimeText at={fullyCheckedAt} />
            </>
          )}
        </span>
      )}
    </span>
  )
}
