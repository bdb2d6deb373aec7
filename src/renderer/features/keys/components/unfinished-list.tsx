import { useState } from 'react'
import { Button, Group, Modal, TextInput } from '@mantine/core'
import { IconCheck, IconCircle, IconPlayerPlay, IconProgress } from '@tabler/icons-react'
import type { UnfinishedProcedure } from '#shared/contract/keys.ts'
import { useUnfinished } from '../../../lib/live/procedures.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useResume, useRollBack } from '../api/key-changes.ts'
import { procedureState } from '../keys-words.ts'
import styles from './keys.module.css'

/** What was begun and has not ended, with the way forward and the way back. */
export function UnfinishedList({ onOpenCredentials }: { onOpenCredentials: () => void }) {
  const unfinished = useUnfinished() ?? []
  if (unfinished.length === 0) return null
  return (
    <section className={styles.unfinished} aria-label="Unfinished">
      {unfinished.map((one) => (
        <Procedure key={one.id} procedure={one} onOpenCredentials={onOpenCredentials} />
      ))}
    </section>
  )
}

/** What is typed before users are cut off: there is no single name to ask for. */
const CONFIRMATION = 'cut off'

const STEP_ICONS = { done: IconCheck, begun: IconProgress, waiting: IconCircle } as const
const STEP_WORDS = { done: 'done', begun: 'begun', waiting: 'not begun' } as const

function Procedure(props: { procedure: UnfinishedProcedure; onOpenCredentials: () => void }) {
  const { procedure, onOpenCredentials } = props
  const { id, title, beganAt, steps, waitsFor, problem, running } = procedure
  const resume = useResume()
  const rollBack = useRollBack()
  const [confirming, setConfirming] = useState(false)
  const [typed, setTyped] = useState('')
  const failure = resume.error ?? rollBack.error
  return (
    <article className={styles.procedure} aria-label={title}>
      <div className={styles.procedureHead}>
        <h2 className={styles.procedureTitle}>{title}</h2>
        <StateMark {...procedureState(procedure)} />
        <span className="m-muted">
          begun <TimeText at={beganAt} />
        </span>
        <Group gap="xs">
          {waitsFor !== null && (
            <Button variant="default" size="compact-sm" onClick={onOpenCredentials}>
              Deliver again…
            </Button>
          )}
          <Button
            variant="default"
            size="compact-sm"
            disabled={!procedure.canRollBack || running}
            loading={rollBack.isPending}
            onClick={() => rollBack.mutate(id)}
          >
            Roll back
          </Button>
          <Button
            size="compact-sm"
            {...(waitsFor === null ? {} : { color: 'red', variant: 'light' })}
            leftSection={<IconPlayerPlay size={14} aria-hidden />}
            disabled={!procedure.canResume || running}
            loading={resume.isPending}
            onClick={() => (waitsFor === null ? resume.mutate(id) : setConfirming(true))}
          >
            {waitsFor === null ? 'Resume' : 'Go on all the same'}
          </Button>
        </Group>
      </div>
      {waitsFor !== null && <p className={styles.procedureText}>{waitsFor}</p>}
      <Modal opened={confirming} onClose={() => setConfirming(false)} title="Go on all the same?">
        <div className={styles.form}>
          <p className={styles.hint}>{waitsFor}</p>
          <TextInput
            label={`Type ${CONFIRMATION} to confirm`}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <div className={styles.buttons}>
            <Button variant="default" onClick={() => setConfirming(false)}>
              Keep waiting
            </Button>
            <Button
              color="red"
              disabled={typed !== CONFIRMATION}
              onClick={() => {
                setConfirming(false)
                resume.mutate(id)
              }}
            >
              Cut them off
            </Button>
          </div>
        </div>
      </Modal>
      <ol className={styles.steps}>
        {steps.map(({ name, state }) => {
          const Icon = STEP_ICONS[state]
          return (
            <li key={name} className={styles.step} data-state={state}>
              <Icon size={14} aria-label={STEP_WORDS[state]} />
              {name}
            </li>
          )
        })}
      </ol>
      {failure !== null && <ProblemNotice problem={problemOf(failure)} />}
      {failure === null && problem !== null && <ProblemNotice problem={problem} />}
    </article>
  )
}
