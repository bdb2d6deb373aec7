import { useRef, useState } from 'react'
import {
  Button,
  Checkbox,
  Group,
  Modal,
  PasswordInput,
  SegmentedControl,
  Textarea,
} from '@mantine/core'
import { IconPrinter, IconUsb } from '@tabler/icons-react'
import { problemOf } from '../../../lib/problem.ts'
import { PASSPHRASE_BITS, spokenPassphrase } from '../../../lib/spoken-passphrase.ts'
import { ChoiceCards } from '../../../ui/choice-cards.tsx'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useCreateKit, type KitForm } from '../api/create-kit.ts'
import styles from './recovery.module.css'

/** As the vault demands it. */
const MIN_LENGTH = 10

interface MakeKitDialogProps {
  readonly opened: boolean
  readonly onClose: () => void
  /** It was saved; the next thing to do is to rehearse it. */
  readonly onRehearse: () => void
}

/** Makes a kit: which form, sealed to what. */
export function MakeKitDialog({ opened, onClose, onRehearse }: MakeKitDialogProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="lg"
      title="Make a recovery kit"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {opened && <MakeKit onClose={onClose} onRehearse={onRehearse} />}
    </Modal>
  )
}

function MakeKit({ onClose, onRehearse }: Omit<MakeKitDialogProps, 'opened'>) {
  const [form, setForm] = useState<KitForm>('file')
  const [kind, setKind] = useState<'passphrase' | 'recipients'>('passphrase')
  const [suggested, setSuggested] = useState<string | null>(null)
  const [written, setWritten] = useState(false)
  const [recipients, setRecipients] = useState('')
  const [complaint, setComplaint] = useState<string | null>(null)
  const first = useRef<HTMLInputElement>(null)
  const second = useRef<HTMLInputElement>(null)
  const create = useCreateKit(() => suggested ?? first.current?.value ?? '')
  const people = recipients.split(/\s+/u).filter((text) => text !== '')

  const submit = () => {
    const problem =
      kind === 'recipients'
        ? complaintAboutPeople(people)
        : suggested === null
          ? complaintAbout(first.current?.value ?? '', second.current?.value ?? '')
          : written
            ? null
            : 'Write it down first: it is shown nowhere else.'
    setComplaint(problem)
    if (problem !== null) return
    create.mutate({
      form,
      sealing: kind === 'passphrase' ? { kind } : { kind, recipients: people },
    })
  }
  if (create.data !== undefined && create.data.type !== 'cancelled') {
    return (
      <div className={styles.dialog}>
        <Notice tone="ok" title="The kit is made">
          {create.data.type === 'saved' ? (
            <>It was saved as {create.data.path}.</>
          ) : (
            <>The browser saved it as {create.data.name}.</>
          )}{' '}
          {form === 'page'
            ? 'Open it, print it, and delete the file.'
            : 'Move it to a stick that stays in a safe place.'}{' '}
          It counts once it was rehearsed.
        </Notice>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Later
          </Button>
          <Button onClick={onRehearse}>Rehearse it now</Button>
        </Group>
      </div>
    )
  }
  return (
    <form
      className={styles.dialog}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <ChoiceCards
        label="Form"
        value={form}
        onChange={setForm}
        choices={[
          {
            value: 'file',
            icon: IconUsb,
            title: 'A file',
            text: 'All keys of operator and accounts, for a stick in a safe place. age opens it too.',
          },
          {
            value: 'page',
            icon: IconPrinter,
            title: 'A page to print',
            text: 'Identity keys as codes and as text, sealed as well. Paper needs no computer to last.',
          },
        ]}
      />
      <SegmentedControl
        aria-label="Sealed to"
        value={kind}
        onChange={(value) => setKind(value === 'recipients' ? 'recipients' : 'passphrase')}
        data={[
          { value: 'passphrase', label: 'A passphrase' },
          { value: 'recipients', label: 'Keys of people' },
        ]}
      />
      {kind === 'recipients' ? (
        <Textarea
          label="Public keys of age"
          description="One a line: age1… Each of these people can open the kit alone."
          classNames={{ input: styles.paper ?? '' }}
          autosize
          minRows={3}
          spellCheck={false}
          value={recipients}
          onChange={(event) => setRecipients(event.currentTarget.value)}
          error={complaint}
        />
      ) : suggested === null ? (
        <>
          <PasswordInput
            ref={first}
            label="Passphrase"
            description={`At least ${MIN_LENGTH} characters. Muster cannot recover it.`}
            autoComplete="new-password"
          />
          <PasswordInput
            ref={second}
            label="Repeat the passphrase"
            autoComplete="new-password"
            error={complaint}
          />
          <div>
            <Button
              variant="subtle"
              size="compact-sm"
              onClick={() => setSuggested(spokenPassphrase())}
            >
              Suggest one that can be read out
            </Button>
          </div>
        </>
      ) : (
        <div className={styles.suggestion}>
          <div className={styles.words}>
            <code>{suggested}</code>
            <CopyTextButton text={suggested} />
          </div>
          <p className={styles.hint}>
            {PASSPHRASE_BITS} random bits: nobody guesses it. Keep it apart from the kit.
          </p>
          <Checkbox
            label="I have written it down"
            checked={written}
            onChange={(event) => setWritten(event.currentTarget.checked)}
            error={complaint}
          />
          <Button variant="subtle" size="compact-sm" onClick={() => setSuggested(null)}>
            Use one of my own
          </Button>
        </div>
      )}
      {create.isError && <ProblemNotice problem={problemOf(create.error)} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} disabled={create.isPending}>
          Cancel
        </Button>
        <Button type="submit" loading={create.isPending}>
          Make the kit
        </Button>
      </Group>
    </form>
  )
}

function complaintAbout(one: string, other: string): string | null {
  if (one.length < MIN_LENGTH) return `Use at least ${MIN_LENGTH} characters.`
  return one === other ? null : 'The two passphrases differ.'
}

function complaintAboutPeople(keys: readonly string[]): string | null {
  if (keys.length === 0) return 'Paste at least one public key.'
  const odd = keys.find((key) => !key.startsWith('age1'))
  return odd === undefined ? null : `${odd.slice(0, 24)} is no public key: they begin with age1.`
}
