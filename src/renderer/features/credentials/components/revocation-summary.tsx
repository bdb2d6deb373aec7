import type { Revocation, RevocationStep } from '#shared/contract/credentials.ts'
import { durationText } from '../../../lib/time/format.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { Dot, StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { evidenceLines, reportOf, REVOCATION_STATES, STEP_WORDS } from '../credential-words.ts'
import styles from './credentials-screen.module.css'

/** A revocation with what was seen of it. */
export function RevocationSummary({ revocation }: { revocation: Revocation }) {
  const { state, reason, revokedAt, begunAt, problem } = revocation
  return (
    <>
      <Facts>
        <Fact name="State">
          <StateMark {...REVOCATION_STATES[state]} /> <TimeText at={revokedAt ?? begunAt} />
        </Fact>
        <Fact name="Reason">
          <bdi>{reason}</bdi>
        </Fact>
      </Facts>
      {problem !== null && <ProblemNotice problem={problem} />}
      <Evidence revocation={revocation} />
      <div>
        <CopyTextButton text={reportOf(revocation)} label="Copy report" />
      </div>
    </>
  )
}

/** What was seen, with a verdict; nothing until it was tried. */
export function Evidence({ revocation }: { revocation: Revocation }) {
  const { verdict } = revocation.evidence
  if (verdict === null) return null
  return (
    <Notice {...VERDICTS[verdict]}>
      <ul className={styles.lines}>
        {evidenceLines(revocation).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Notice>
  )
}

const VERDICTS = {
  proven: { tone: 'ok', title: 'Seen to be in force' },
  unproven: { tone: 'warn', title: 'In force as the servers say; not all of it could be seen' },
  contradicted: { tone: 'bad', title: 'A server still lets it in' },
} as const

const STEP_TONES: Readonly<Record<RevocationStep['state'], Tone>> = {
  waiting: 'off',
  running: 'busy',
  done: 'ok',
  failed: 'bad',
  undoing: 'busy',
  undone: 'off',
  'undo-failed': 'bad',
}

/** The steps and how they go. */
export function StepList({ steps }: { steps: readonly RevocationStep[] }) {
  return (
    <ol className={styles.steps}>
      {steps.map(({ name, state, durationMs }) => (
        <li key={name} className={styles.step} data-state={state}>
          <Dot tone={STEP_TONES[state]} pulse={state === 'running'} />
          {STEP_WORDS[name]}
          <span className="m-hidden">{`: ${state}`}</span>
          {durationMs !== null && (
            <span className={styles.duration}>{durationText(durationMs)}</span>
          )}
        </li>
      ))}
    </ol>
  )
}
