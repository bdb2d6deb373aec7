import { useRef } from 'react'
import { Button } from '@mantine/core'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useCreateVault } from '../api/create-vault.ts'
import styles from './keychain.module.css'
import { NewPassphraseFields, type NewPassphraseHandle } from './new-passphrase-fields.tsx'

/** Asks for the passphrase of a new vault, twice. */
export function CreateVaultForm({ alternative }: { alternative: boolean }) {
  const fields = useRef<NewPassphraseHandle>(null)
  const typed = useRef('')
  const create = useCreateVault(() => typed.current)
  const submit = () => {
    const passphrase = fields.current?.read() ?? null
    if (passphrase === null) return
    typed.current = passphrase
    create.mutate(undefined, {
      onSettled: () => {
        typed.current = ''
        fields.current?.clear()
      },
    })
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      {alternative && (
        <p className={styles.or}>
          Or keep the keys in a vault file, encrypted with a passphrase of yours:
        </p>
      )}
      <NewPassphraseFields ref={fields} disabled={create.isPending} />
      {create.isError && <ProblemNotice problem={problemOf(create.error)} />}
      <div className={styles.buttons}>
        <Button type="submit" size="md" loading={create.isPending}>
          Create the vault
        </Button>
      </div>
    </form>
  )
}
