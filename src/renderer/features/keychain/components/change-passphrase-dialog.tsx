import { useRef } from 'react'
import { Button, Modal, PasswordInput } from '@mantine/core'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useChangePassphrase } from '../api/change-passphrase.ts'
import styles from './keychain.module.css'
import { NewPassphraseFields, type NewPassphraseHandle } from './new-passphrase-fields.tsx'

interface ChangePassphraseDialogProps {
  readonly opened: boolean
  readonly onClose: () => void
}

/** Gives the vault another passphrase. */
export function ChangePassphraseDialog({ opened, onClose }: ChangePassphraseDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Change the vault's passphrase">
      {opened && <ChangeForm onClose={onClose} />}
    </Modal>
  )
}

const NOTHING = { oldPassphrase: '', newPassphrase: '' }

function ChangeForm({ onClose }: { onClose: () => void }) {
  const old = useRef<HTMLInputElement>(null)
  const fields = useRef<NewPassphraseHandle>(null)
  const typed = useRef(NOTHING)
  const change = useChangePassphrase(() => typed.current)
  const submit = () => {
    const newPassphrase = fields.current?.read() ?? null
    const oldPassphrase = old.current?.value ?? ''
    if (newPassphrase === null || oldPassphrase === '') return
    typed.current = { oldPassphrase, newPassphrase }
    change.mutate(undefined, {
      onSettled: () => {
        typed.current = NOTHING
        if (old.current !== null) old.current.value = ''
        fields.current?.clear()
      },
    })
  }
  if (change.isSuccess) {
    return (
      <div className={styles.form}>
        <Notice tone="ok" title="The vault has its new passphrase">
          The old one opens nothing any more, except for copies of the vault file that were made
          before: destroy those if somebody else knows it.
        </Notice>
        <div className={styles.buttons}>
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    )
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <PasswordInput
        ref={old}
        label="Present passphrase"
        required
        withAsterisk={false}
        autoComplete="off"
        data-autofocus
        disabled={change.isPending}
      />
      <NewPassphraseFields ref={fields} size="sm" disabled={change.isPending} />
      {change.isError && <ProblemNotice problem={problemOf(change.error)} />}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onClose} disabled={change.isPending}>
          Cancel
        </Button>
        <Button type="submit" loading={change.isPending}>
          Change it
        </Button>
      </div>
    </form>
  )
}
