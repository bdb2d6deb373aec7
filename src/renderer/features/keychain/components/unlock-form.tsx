import { useEffect, useRef } from 'react'
import { Button, PasswordInput } from '@mantine/core'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useUnlockKeychain } from '../api/unlock-keychain.ts'
import styles from './keychain.module.css'

/** Asks for the passphrase of the vault. */
export function UnlockForm() {
  const field = useRef<HTMLInputElement>(null)
  const unlock = useUnlockKeychain(() => field.current?.value ?? '')
  useEffect(() => field.current?.focus(), [])
  const submit = () =>
    unlock.mutate(undefined, {
      onSettled: () => {
        // The page keeps no passphrase, right or wrong.
        if (field.current === null) return
        field.current.value = ''
        field.current.focus()
      },
    })
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <PasswordInput
        ref={field}
        label="Passphrase"
        size="md"
        required
        withAsterisk={false}
        autoComplete="off"
        disabled={unlock.isPending}
      />
      {unlock.isError && <ProblemNotice problem={problemOf(unlock.error)} />}
      <div className={styles.buttons}>
        <Button type="submit" size="md" loading={unlock.isPending}>
          Unlock
        </Button>
      </div>
    </form>
  )
}
