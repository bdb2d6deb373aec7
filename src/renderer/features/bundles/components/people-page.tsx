import { useState } from 'react'
import { ActionIcon, Button, Skeleton, Textarea, TextInput, Tooltip } from '@mantine/core'
import { IconTrash, IconUserPlus, IconUsers } from '@tabler/icons-react'
import type { Person } from '#shared/contract/bundles.ts'
import { useBundles } from '../../../lib/live/bundles.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useAddPerson, useRemovePerson } from '../api/people.ts'
import styles from './bundles.module.css'

/** People whom bundles can be sealed to. */
export function PeoplePage() {
  const live = useBundles()
  if (live === undefined) {
    return (
      <div className={styles.page} aria-busy>
        <Skeleton height={180} radius="md" />
        <Skeleton height={140} radius="md" />
      </div>
    )
  }
  return (
    <div className={styles.page}>
      <AddPerson />
      {live.people.length === 0 ? (
        <EmptyState icon={IconUsers} title="Nobody is in the address book">
          Ask people for their public key of age: <code>age-keygen -o key.txt</code> makes a pair
          and prints the public one, which begins with age1.
        </EmptyState>
      ) : (
        <SettingGroup title={`${live.people.length} in the address book`}>
          {live.people.map((person) => (
            <PersonRow key={person.id} person={person} />
          ))}
        </SettingGroup>
      )}
    </div>
  )
}

function AddPerson() {
  const add = useAddPerson()
  const [person, setPerson] = useState(NOBODY)
  const change = (part: Partial<typeof NOBODY>) => {
    add.reset()
    setPerson({ ...person, ...part })
  }
  const ready = person.name.trim() !== '' && person.publicKey.trim() !== ''
  return (
    <SettingGroup title="Add somebody">
      <SettingRow
        name="A public key of age"
        help="Check it with the person by another way than it came, for instance its last eight letters by telephone: whoever could exchange it reads every bundle that is sealed to it."
        below={
          <form
            className={styles.form}
            onSubmit={(event) => {
              event.preventDefault()
              if (ready) add.mutate(person, { onSuccess: () => setPerson(NOBODY) })
            }}
          >
            <div className={styles.row}>
              <TextInput
                label="Name"
                maxLength={128}
                value={person.name}
                onChange={(event) => change({ name: event.currentTarget.value })}
              />
              <TextInput
                label="Note"
                placeholder="Checked by telephone"
                maxLength={500}
                value={person.note}
                onChange={(event) => change({ note: event.currentTarget.value })}
              />
            </div>
            <Textarea
              label="Public key"
              placeholder="age1…"
              classNames={{ input: styles.mono ?? '' }}
              autosize
              minRows={1}
              maxRows={4}
              spellCheck={false}
              maxLength={4_096}
              value={person.publicKey}
              onChange={(event) => change({ publicKey: event.currentTarget.value })}
            />
            {add.isError && <ProblemNotice problem={problemOf(add.error)} />}
            <div>
              <Button
                type="submit"
                leftSection={<IconUserPlus size={16} aria-hidden />}
                disabled={!ready}
                loading={add.isPending}
              >
                Add
              </Button>
            </div>
          </form>
        }
      />
    </SettingGroup>
  )
}

const NOBODY = { name: '', publicKey: '', note: '' }

function PersonRow({ person }: { person: Person }) {
  const remove = useRemovePerson()
  const { id, name, publicKey, note, usedAt } = person
  return (
    <SettingRow
      name={<DeviceText text={name} />}
      help={
        <>
          {note !== '' && (
            <>
              <bdi>{note}</bdi>.{' '}
            </>
          )}
          {usedAt === null ? (
            'Nothing was sealed to it yet.'
          ) : (
            <>
              A bundle was sealed to it <TimeText at={usedAt} />.
            </>
          )}
          <span className={styles.sum}>{publicKey}</span>
        </>
      }
      below={remove.isError ? <ProblemNotice problem={problemOf(remove.error)} /> : undefined}
    >
      <CopyIcon text={publicKey} what="public key" />
      <Tooltip label="Remove">
        <ActionIcon
          size="lg"
          aria-label={`Remove ${name}`}
          loading={remove.isPending}
          onClick={() => remove.mutate(id)}
        >
          <IconTrash size={16} />
        </ActionIcon>
      </Tooltip>
    </SettingRow>
  )
}
