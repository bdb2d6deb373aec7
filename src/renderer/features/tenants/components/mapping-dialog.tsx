import { useState } from 'react'
import { ActionIcon, Button, Modal, NumberInput, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { subjectProblem } from '#shared/protocol/subject-patterns.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useSetMapping } from '../api/tenant-wiring.ts'
import styles from './tenant-forms.module.css'

const MAX_DESTINATIONS = 16

interface MappingDialogProps {
  readonly tenant: string
  readonly opened: boolean
  readonly onClose: () => void
}

/** Leads messages of a subject elsewhere within the account, by shares where there are several ways. */
export function MappingDialog({ tenant, opened, onClose }: MappingDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Map a subject of ${tenant}`} size="lg">
      {opened && <MappingForm tenant={tenant} onClose={onClose} />}
    </Modal>
  )
}

interface Destination {
  readonly id: number
  readonly subject: string
  readonly weight: number
}

function MappingForm({ tenant, onClose }: Omit<MappingDialogProps, 'opened'>) {
  const set = useSetMapping()
  const [subject, setSubject] = useState('')
  const [destinations, setDestinations] = useState<readonly Destination[]>([
    { id: 0, subject: '', weight: 100 },
  ])
  const problem = subject === '' ? undefined : subjectProblem(subject)
  const total = destinations.reduce((sum, { weight }) => sum + weight, 0)
  const complete = subject !== '' && destinations.every((each) => each.subject !== '')
  const change = (id: number, part: Partial<Destination>) =>
    setDestinations(destinations.map((each) => (each.id === id ? { ...each, ...part } : each)))
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (!complete || problem !== undefined) return
        const mapping = {
          subject,
          destinations: destinations.map(({ subject: to, weight }) => ({ subject: to, weight })),
        }
        set.mutate({ tenant, mapping }, { onSuccess: onClose })
      }}
    >
      <TextInput
        label="Messages on"
        placeholder={`device-connect.${tenant}.*.event.alarm`}
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        value={subject}
        error={problem}
        onChange={(event) => setSubject(event.currentTarget.value)}
      />
      {destinations.map((destination, index) => (
        <div
          key={destination.id}
          style={{
            display: 'grid',
            gridTemplateColumns: '1fr 6rem auto',
            gap: 8,
            alignItems: 'end',
          }}
        >
          <TextInput
            label={index === 0 ? 'go to' : 'or to'}
            placeholder={`device-connect.${tenant}.alarms.$1`}
            autoComplete="off"
            spellCheck={false}
            value={destination.subject}
            onChange={(event) => change(destination.id, { subject: event.currentTarget.value })}
          />
          <NumberInput
            label="Share"
            suffix=" %"
            min={1}
            max={100}
            allowDecimal={false}
            value={destination.weight}
            onChange={(value) => change(destination.id, { weight: Number(value) || 1 })}
          />
          <ActionIcon
            size="lg"
            aria-label="Remove this destination"
            disabled={destinations.length === 1}
            onClick={() => setDestinations(destinations.filter(({ id }) => id !== destination.id))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </div>
      ))}
      <p className={styles.hint}>
        $1, $2 … stand for the wildcards of the subject.{' '}
        {total < 100 && `${100 - total} % stay where they are.`}
        {total > 100 && `${total} % is more than all of them.`}
      </p>
      {set.isError && <ProblemNotice problem={problemOf(set.error)} />}
      <div className={styles.buttons}>
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconPlus size={15} />}
          disabled={destinations.length >= MAX_DESTINATIONS}
          onClick={() =>
            setDestinations([
              ...destinations,
              { id: Math.max(...destinations.map(({ id }) => id)) + 1, subject: '', weight: 1 },
            ])
          }
        >
          Another destination
        </Button>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          type="submit"
          disabled={!complete || problem !== undefined || total > 100}
          loading={set.isPending}
        >
          Map
        </Button>
      </div>
    </form>
  )
}
