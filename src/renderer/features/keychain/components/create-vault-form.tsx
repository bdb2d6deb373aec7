import { useRef, useState } from 'react'
import { Button, PasswordInput } from '@mantine/core'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useCreateVault } from '../api/create-vault.ts'
import styles from './keychain.module.css'

/** As main demands it. */
const MIN_LENGTH = 10

/** Asks for the passphrase of a new vault, twice. */
export function CreateVaultForm({ alternative }: { alternative: boolean }) {
  const first = useRef<HTMLInputElement>(null)
  const second = useRef<HTMLInputElement>(null)
  const [complaint, setComplaint] = useState<string | null>(null)
  const create = useCreateVault(() => first.current?.value ?? '')
  const submit = () => {
    const problem = complaintAbout(first.current?.value ?? '', second.current?.value ?? '')
    setComplaint(problem)
    if (problem !== null) return
    create.mutate(undefined, { onSettled: () => clear(first.current, second.current) })
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
      <PasswordInput
        ref={first}
        label="New passphrase"
        description="At least 10 characters; four or five words are best. It cannot be recovered."
        size="md"
        autoComplete="new-password"
        disabled={create.isPending}
      />
      <PasswordInput
        ref={second}
        label="Repeat the passphrase"
        size="md"
        autoComplete="new-password"
        error={complaint}
        disabled={create.isPending}
      />
      {create.isError && <ProblemNotice problem={problemOf(create.error)} />}
      <div className={styles.buttons}>
        <Button type="submit" size="md" loading={create.isPending}>
          Create the vault
        </Button>
      </div>
    </form>
  )
}

function complaintAbout(one: string, other: string): string | null {
  if (one.length < MIN_LENGTH) return `Use at least ${MIN_LENGTH} characters.`
  return one === other ? null : 'The two passphrases differ.'
}

function clear(...fields: readonly (HTMLInputElement | null)[]): void {
  for (const field of fields) if (field !== null) field.value = ''
}
