import { useState } from 'react'
import { Button, Modal, Skeleton, TextInput } from '@mantine/core'
import { IconClockHour4, IconScissors } from '@tabler/icons-react'
import type { KeyImpact, SigningKey } from '#shared/contract/keys.ts'
import { roleTitle } from '#shared/protocol/roles.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ChoiceCards } from '../../../ui/choice-cards.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useKeyImpact, useRemoveKey, useRotateKey } from '../api/key-changes.ts'
import type { HolderRow } from '../holder-rows.ts'
import { ConnectedPeople } from './connected-people.tsx'
import styles from './keys.module.css'

export interface KeyChange {
  readonly act: 'rotate' | 'remove'
  readonly holder: HolderRow
  readonly key: SigningKey
}

/** Says what a rotation or removal takes down, and starts it. */
export function ChangeKeyDialog(props: { change: KeyChange | null; onClose: () => void }) {
  const { change, onClose } = props
  return (
    <Modal opened={change !== null} onClose={onClose} size="lg" title={titleOf(change)}>
      {change !== null &&
        (change.holder.kind === 'operator' ? (
          <OperatorForm change={change} onClose={onClose} />
        ) : (
          <AccountForm change={change} onClose={onClose} />
        ))}
    </Modal>
  )
}

function titleOf(change: KeyChange | null): string {
  if (change === null) return ''
  const { act, holder, key } = change
  const what = key.role === null ? 'signing key' : `key for the role ${roleTitle(key.role)}`
  return `${act === 'rotate' ? 'Rotate' : 'Remove'} the ${what} of ${holder.name}?`
}

interface FormProps {
  readonly change: KeyChange
  readonly onClose: () => void
}

function OperatorForm({ change, onClose }: FormProps) {
  const rotate = useRotateKey()
  const { key, holder } = change
  const offline = holder.identity !== 'here'
  return (
    <div className={styles.form}>
      <p className={styles.hint}>
        A new key is made. The servers learn it before it signs anything, every account is signed by
        it, and only then do servers and keychain forget the old one. A local server is started anew
        twice: devices reconnect within seconds. Credentials stay as they are.
      </p>
      {offline && (
        <Notice tone="warn" title="The operator’s identity key is needed">
          It is not in the keychain. Lend it from the recovery kit first (Keys, Recovery kit).
        </Notice>
      )}
      {rotate.isError && <ProblemNotice problem={problemOf(rotate.error)} />}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          loading={rotate.isPending}
          onClick={() =>
            rotate.mutate(
              { account: null, signingKey: key.publicKey, cut: false },
              { onSuccess: onClose },
            )
          }
        >
          Rotate the key
        </Button>
      </div>
    </div>
  )
}

type Way = 'wait' | 'cut'

function AccountForm({ change, onClose }: FormProps) {
  const { act, holder, key } = change
  const choice = { account: holder.publicKey, signingKey: key.publicKey }
  const impact = useKeyImpact(choice)
  const rotate = useRotateKey()
  const remove = useRemoveKey()
  const [way, setWay] = useState<Way>('wait')
  const [typed, setTyped] = useState('')
  const running = act === 'rotate' ? rotate : remove
  const confirmed = way === 'wait' || typed === holder.name
  const submit = () => {
    const request = { ...choice, cut: way === 'cut' }
    if (act === 'rotate') rotate.mutate(request, { onSuccess: onClose })
    else remove.mutate(request, { onSuccess: onClose })
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (confirmed) submit()
      }}
    >
      {impact.isPending ? <Skeleton height={80} radius="md" /> : null}
      {impact.isError && <ProblemNotice problem={problemOf(impact.error)} />}
      {impact.data !== undefined && <Reach impact={impact.data} />}
      <ChoiceCards<Way>
        label="What becomes of those who hold a credential by the old key"
        value={way}
        onChange={setWay}
        choices={[
          {
            value: 'wait',
            icon: IconClockHour4,
            title: 'Deliver first',
            text: 'The old key stays valid until each has a credential by the new one. The rotation waits here, also over a restart.',
          },
          {
            value: 'cut',
            icon: IconScissors,
            title: 'Cut them off now',
            text: 'For a key that was stolen. Every connection by it ends at once, and nobody gets back in without a new credential.',
          },
        ]}
      />
      {way === 'cut' && (
        <TextInput
          label={`Type ${holder.name} to confirm`}
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      )}
      {running.isError && <ProblemNotice problem={problemOf(running.error)} />}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          type="submit"
          {...(way === 'cut' ? { color: 'red' } : {})}
          disabled={!confirmed}
          loading={running.isPending}
        >
          {act === 'rotate' ? 'Rotate the key' : 'Remove the key'}
        </Button>
      </div>
    </form>
  )
}

function Reach({ impact }: { impact: KeyImpact }) {
  const { redeliveryCount, connected } = impact
  return (
    <>
      <p className={styles.hint}>
        {redeliveryCount === 0
          ? 'No good credential was signed by this key, but for Muster’s own connections, which get new ones by themselves.'
          : `${counted(redeliveryCount, 'credential')} signed by this key ${redeliveryCount === 1 ? 'has' : 'have'} to be delivered again: over the mesh, by commissioning, or as files.`}
      </p>
      <ConnectedPeople connected={connected} />
    </>
  )
}
