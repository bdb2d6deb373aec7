import { Loader } from '@mantine/core'
import { IconAlertTriangle, IconArrowBackUp, IconCheck, IconX } from '@tabler/icons-react'
import type { CommissioningStep } from '#shared/contract/commissioning.ts'
import { durationText } from '../../../lib/time/format.ts'
import { STEP_NAMES } from '../job-words.ts'
import styles from './job-steps.module.css'

const STATE_WORDS: Readonly<Record<CommissioningStep['state'], string>> = {
  waiting: 'not begun',
  running: 'running',
  done: 'done',
  failed: 'failed',
  undoing: 'being taken back',
  undone: 'taken back',
  'undo-failed': 'could not be taken back',
}

/** The steps of a job with what became of each and how long it took. */
export function JobSteps({ steps }: { steps: readonly CommissioningStep[] }) {
  return (
    <ol className={styles.steps}>
      {steps.map((step) => (
        <li key={step.name} className={styles.step} data-state={step.state}>
          <span className={styles.mark}>
            <StepIcon state={step.state} />
          </span>
          <span className={styles.name}>
            {STEP_NAMES[step.name]}
            {/* The problem that ended the job stands above the steps already. */}
            {step.problem !== null && step.state !== 'failed' && (
              <bdi className={styles.problem}>
                {step.problem.message} {step.problem.advice}
              </bdi>
            )}
          </span>
          <span className={styles.time}>{aside(step)}</span>
          <span className="m-hidden">{STATE_WORDS[step.state]}</span>
        </li>
      ))}
    </ol>
  )
}

function aside({ state, durationMs }: CommissioningStep): string {
  if (state === 'undone' || state === 'undoing' || state === 'undo-failed')
    return STATE_WORDS[state]
  return durationMs === null ? '' : durationText(durationMs)
}

function StepIcon({ state }: { state: CommissioningStep['state'] }) {
  if (state === 'running' || state === 'undoing') return <Loader size={16} />
  if (state === 'done') return <IconCheck size={14} stroke={2.5} aria-hidden />
  if (state === 'failed') return <IconX size={14} stroke={2.5} aria-hidden />
  if (state === 'undone') return <IconArrowBackUp size={14} stroke={2} aria-hidden />
  if (state === 'undo-failed') return <IconAlertTriangle size={13} stroke={2} aria-hidden />
  return null
}
