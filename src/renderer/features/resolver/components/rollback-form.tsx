import { useState } from 'react'
import { Button, Skeleton, TextInput } from '@mantine/core'
import type { AccountVersion } from '#shared/contract/resolver.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useRollback } from '../api/use-rollback.ts'
import { useRollbackPlan } from '../api/use-rollback-plan.ts'
import { DifferenceList } from './difference-list.tsx'
import styles from './resolver.module.css'

interface RollbackFormProps {
  readonly account: string
  readonly name: string
  readonly version: AccountVersion
  readonly onCancel: () => void
  readonly onDone: () => void
}

/** What going back changes and what it leaves alone, then the name typed. */
export function RollbackForm({ account, name, version, onCancel, onDone }: RollbackFormProps) {
  const plan = useRollbackPlan(account, version.id)
  const rollback = useRollback()
  const [typed, setTyped] = useState('')
  const nothing = plan.data?.differences.length === 0
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (typed !== name || nothing) return
        rollback.mutate({ account, version: version.id }, { onSuccess: onDone })
      }}
    >
      <p style={{ margin: 0 }}>
        The account <bdi className="m-mono">{name}</bdi> gets what it had{' '}
        <TimeText at={version.at} />. The servers take it at once.
      </p>
      {plan.isPending && <Skeleton height={120} radius="md" />}
      {plan.isError && <ProblemNotice problem={problemOf(plan.error)} />}
      {plan.data !== undefined && (
        <>
          <Section title="Changes">
            <DifferenceList
              label="What changes"
              differences={plan.data.differences}
              none="Nothing: the account says the same now."
            />
          </Section>
          {plan.data.kept.length > 0 && (
            <Section title="Stays as it is now">
              <Notice tone="info">
                Nobody who was revoked since gets in again, and signing keys stay as they are.
              </Notice>
              <DifferenceList label="What stays" differences={plan.data.kept} none="" kept />
            </Section>
          )}
          {!nothing && (
            <TextInput
              label={
                <>
                  Type <bdi className="m-mono">{name}</bdi> to go back
                </>
              }
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </>
      )}
      {rollback.isError && <ProblemNotice problem={problemOf(rollback.error)} />}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onCancel} disabled={rollback.isPending}>
          Cancel
        </Button>
        <Button
          type="submit"
          color="red"
          disabled={plan.data === undefined || nothing || typed !== name}
          loading={rollback.isPending}
        >
          Go back
        </Button>
      </div>
    </form>
  )
}
