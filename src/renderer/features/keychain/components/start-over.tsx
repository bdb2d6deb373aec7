import { useState } from 'react'
import { Button, Modal, Skeleton, TextInput } from '@mantine/core'
import type { KeychainLoss } from '#shared/contract/keychain.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useKeychainLoss, useStartOver } from '../api/start-over.ts'
import styles from './keychain.module.css'

/** The way on for who can't open the keychain any more, and what it costs. */
export function StartOver() {
  const [opened, setOpened] = useState(false)
  return (
    <>
      <p className={styles.or}>
        Passphrase forgotten, or the file damaged beyond repair?{' '}
        <Button variant="transparent" size="compact-sm" p={0} onClick={() => setOpened(true)}>
          Start over with new keys…
        </Button>
      </p>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        size="lg"
        title="Give up the keys of this profile?"
      >
        {opened && <StartOverForm onClose={() => setOpened(false)} />}
      </Modal>
    </>
  )
}

function StartOverForm({ onClose }: { onClose: () => void }) {
  const loss = useKeychainLoss()
  const start = useStartOver()
  const [typed, setTyped] = useState('')
  const name = loss.data?.typedName
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (typed === name) start.mutate({ typedName: typed }, { onSuccess: onClose })
      }}
    >
      {loss.isPending && <Skeleton height={160} radius="md" />}
      {loss.isError && <ProblemNotice problem={problemOf(loss.error)} />}
      {loss.data !== undefined && (
        <>
          <Losses loss={loss.data} />
          <WayBack loss={loss.data} />
          <TextInput
            label={
              <>
                Type <bdi>{loss.data.typedName}</bdi> to confirm
              </>
            }
            autoComplete="off"
            spellCheck={false}
            data-autofocus
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </>
      )}
      {start.isError && <ProblemNotice problem={problemOf(start.error)} />}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onClose}>
          Keep it
        </Button>
        <Button
          type="submit"
          color="red"
          disabled={name === undefined || typed !== name}
          loading={start.isPending}
        >
          Start over
        </Button>
      </div>
    </form>
  )
}

function Losses({ loss }: { loss: KeychainLoss }) {
  const { operator, tenants, credentials, vaultPath } = loss
  return (
    <div>
      {operator === null ? (
        <p className={styles.text}>
          This profile has no operator. What is lost are logins of saved connections.
        </p>
      ) : (
        <>
          <p className={styles.text}>Without these keys Muster can do nothing for:</p>
          <ul className={styles.list}>
            <li>
              the operator <bdi>{operator}</bdi> and {counted(tenants, 'tenant')}: nothing more is
              issued, renewed or revoked
            </li>
            <li>
              {counted(credentials, 'credential')} in force: devices keep working until theirs end,
              and can not be withdrawn
            </li>
            <li>saved connections: their logins have to be given again</li>
          </ul>
        </>
      )}
      <p className={styles.hint}>
        Nothing is deleted: tenants, ledger and audit log stay, and the vault is renamed beside{' '}
        <DeviceText text={vaultPath} mono wrap />. Should the passphrase come back to you, put it
        back.
      </p>
    </div>
  )
}

function WayBack({ loss: { operator, kit } }: { loss: KeychainLoss }) {
  if (operator === null) return null
  if (kit === null) {
    return (
      <Notice tone="bad" title="There is no recovery kit">
        Without one this can not be made good: the devices would have to be commissioned again into
        a new deployment. Look for the passphrase, or for a backup of the vault file, first.
      </Notice>
    )
  }
  const words = kit.form === 'page' ? 'printed page' : 'file'
  return (
    <Notice
      tone={kit.rehearsed && kit.complete ? 'info' : 'warn'}
      title="The recovery kit brings them back"
    >
      Have the kit of <TimeText at={kit.createdAt} /> ({words}) ready: afterwards, Keys, Recovery
      kit asks for it. {!kit.rehearsed && 'Nobody rehearsed it, so nobody knows that it works. '}
      {!kit.complete && 'It lacks identity keys that were made since. '}
      Signing keys that it lacks are made anew by themselves.
    </Notice>
  )
}
