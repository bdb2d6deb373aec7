import { useImperativeHandle, useRef, useState, type Ref } from 'react'
import { Anchor, Button, Checkbox, MultiSelect, PasswordInput } from '@mantine/core'
import { IconKey, IconLockOpen, IconUsers } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useBundles } from '../../../lib/live/bundles.ts'
import { PASSPHRASE_BITS, spokenPassphrase } from '../../../lib/spoken-passphrase.ts'
import { ChoiceCards } from '../../../ui/choice-cards.tsx'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { Notice } from '../../../ui/notice.tsx'
import type { BundleDraft } from '../bundle-draft.ts'
import styles from './bundles.module.css'

/** As the vault demands it. */
const MIN_LENGTH = 10

export interface SealHandle {
  /** The passphrase at the moment of use. */
  read(): string
}

interface ChooseSealProps {
  readonly ref: Ref<SealHandle>
  readonly draft: BundleDraft
  readonly onChange: (change: Partial<BundleDraft>) => void
  /** Whether there is a passphrase that the person has. */
  readonly onSecret: (there: boolean) => void
}

/** Who can open the bundle. */
export function ChooseSeal({ ref, draft, onChange, onSecret }: ChooseSealProps) {
  return (
    <>
      <ChoiceCards
        label=""
        value={draft.sealing}
        onChange={(sealing) => onChange({ sealing, plainConfirmed: false })}
        choices={[
          {
            value: 'passphrase',
            icon: IconKey,
            title: 'Whoever knows a passphrase',
            text: 'Pass it on by another way than the bundle, such as the telephone.',
          },
          {
            value: 'people',
            icon: IconUsers,
            title: 'People of the address book',
            text: 'Each opens it with a secret key of age; nothing has to be told.',
          },
          {
            value: 'plain',
            icon: IconLockOpen,
            title: 'Anybody',
            text: 'Open. Whoever finds the stick, or the file in a backup, has the devices.',
          },
        ]}
      />
      {draft.sealing === 'passphrase' && <Passphrase ref={ref} onSecret={onSecret} />}
      {draft.sealing === 'people' && <People draft={draft} onChange={onChange} />}
      {draft.sealing === 'plain' && (
        <Notice tone="bad" title="Nothing protects an open bundle">
          <p className={styles.hint}>
            The private keys in it can be read by everybody who gets the file, now and later:
            deleting it from a stick does not take it off the flash cells.
          </p>
          <Checkbox
            mt="xs"
            label="I know, and want it open"
            checked={draft.plainConfirmed}
            onChange={(event) => onChange({ plainConfirmed: event.currentTarget.checked })}
          />
        </Notice>
      )}
    </>
  )
}

function Passphrase({ ref, onSecret }: Pick<ChooseSealProps, 'ref' | 'onSecret'>) {
  const [suggested, setSuggested] = useState<string | null>(spokenPassphrase)
  const [written, setWritten] = useState(false)
  const own = useRef<HTMLInputElement>(null)
  useImperativeHandle(ref, () => ({ read: () => suggested ?? own.current?.value ?? '' }))
  const suggest = (next: string | null) => {
    setSuggested(next)
    setWritten(false)
    onSecret(false)
  }
  if (suggested === null) {
    return (
      <>
        <PasswordInput
          ref={own}
          label="Passphrase"
          description={`At least ${MIN_LENGTH} characters. Muster can not tell how easily others guess it.`}
          autoComplete="new-password"
          onChange={(event) => onSecret(event.currentTarget.value.length >= MIN_LENGTH)}
        />
        <div>
          <Button variant="subtle" size="compact-sm" onClick={() => suggest(spokenPassphrase())}>
            Suggest one that can be read out
          </Button>
        </div>
      </>
    )
  }
  return (
    <>
      <div className={styles.words}>
        <code>{suggested}</code>
        <CopyTextButton text={suggested} />
      </div>
      <p className={styles.hint}>
        {PASSPHRASE_BITS} random bits, read out letter by letter. It is shown nowhere else and kept
        nowhere: without it the bundle stays closed.
      </p>
      <Checkbox
        label="I have written it down"
        checked={written}
        onChange={(event) => {
          setWritten(event.currentTarget.checked)
          onSecret(event.currentTarget.checked)
        }}
      />
      <div className={styles.buttons}>
        <Button variant="subtle" size="compact-sm" onClick={() => suggest(spokenPassphrase())}>
          Another one
        </Button>
        <Button variant="subtle" size="compact-sm" onClick={() => suggest(null)}>
          One of my own
        </Button>
      </div>
    </>
  )
}

function People({ draft, onChange }: Pick<ChooseSealProps, 'draft' | 'onChange'>) {
  const people = useBundles()?.people ?? []
  if (people.length === 0) {
    return (
      <p className={styles.hint}>
        The address book is empty.{' '}
        <Anchor component={Link} to="/bundles/people" fz="inherit">
          Add somebody
        </Anchor>
      </p>
    )
  }
  return (
    <MultiSelect
      label="Sealed to"
      description="Each of them can open it alone."
      placeholder={draft.people.length === 0 ? 'Choose' : ''}
      data={people.map(({ id, name }) => ({ value: id, label: name }))}
      value={[...draft.people]}
      onChange={(chosen) => onChange({ people: chosen })}
      searchable
    />
  )
}
