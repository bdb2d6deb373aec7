import { useRef, useState } from 'react'
import { Button, Group, Modal, TextInput } from '@mantine/core'
import type { PresentedKit, RecoveryState, Rehearsal } from '#shared/contract/recovery.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { LOAN_MINUTES, useKitAction, useRehearse, type KitAction } from '../api/present-kit.ts'
import { KitFields, type KitFieldsHandle } from './kit-fields.tsx'
import styles from './recovery.module.css'
import { RehearsalResult } from './rehearsal-result.tsx'

export type KitPurpose = 'rehearse' | KitAction

const WORDS: Readonly<Record<KitPurpose, { title: string; text: string; button: string }>> = {
  rehearse: {
    title: 'Rehearse a recovery kit',
    text: 'The kit is restored into a scratch keychain, each key signs a test token, and everything is forgotten again. Nothing changes.',
    button: 'Rehearse',
  },
  moveOffline: {
    title: 'Move the identity keys offline',
    text: 'The identity keys leave this computer and live in the kit only. Daily work goes on with signing keys: tenants, credentials, revocations. Replacing signing keys will ask for the kit.',
    button: 'Move offline',
  },
  lend: {
    title: 'Lend the identity keys',
    text: `For ${LOAN_MINUTES} minutes the kit's keys are in memory, for what needs them. They are not stored.`,
    button: `Lend for ${LOAN_MINUTES} minutes`,
  },
  bringBack: {
    title: 'Bring the keys back',
    text: "The kit's keys go into this computer's keychain again, and stay there.",
    button: 'Bring back',
  },
}

interface KitDialogProps {
  readonly purpose: KitPurpose | null
  readonly operator: string
  readonly onClose: () => void
}

/** Asks for a kit and does something with it. */
export function KitDialog({ purpose, operator, onClose }: KitDialogProps) {
  return (
    <Modal
      opened={purpose !== null}
      onClose={onClose}
      size="lg"
      title={purpose === null ? '' : WORDS[purpose].title}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {purpose === 'rehearse' && <RehearseForm onClose={onClose} />}
      {purpose !== null && purpose !== 'rehearse' && (
        <ActionForm key={purpose} action={purpose} operator={operator} onClose={onClose} />
      )}
    </Modal>
  )
}

function RehearseForm({ onClose }: { onClose: () => void }) {
  const { fields, kit, present } = usePresentedKit()
  const rehearse = useRehearse(kit)
  const result: Rehearsal | undefined = rehearse.data
  if (result !== undefined) return <RehearsalResult result={result} onClose={onClose} />
  return (
    <KitForm
      purpose="rehearse"
      fields={fields}
      pending={rehearse.isPending}
      error={rehearse.error}
      onCancel={onClose}
      onSubmit={() => present(() => rehearse.mutateAsync())}
    />
  )
}

interface ActionFormProps {
  readonly action: KitAction
  readonly operator: string
  readonly onClose: () => void
}

function ActionForm({ action, operator, onClose }: ActionFormProps) {
  const { fields, kit, present } = usePresentedKit()
  const [name, setName] = useState('')
  const [complaint, setComplaint] = useState<string | null>(null)
  const work = useKitAction(action, kit)
  // What can lock people out is confirmed by its name.
  const asksName = action === 'moveOffline'
  const state: RecoveryState | undefined = work.data
  const submit = () => {
    const isNamed = !asksName || name.trim() === operator
    setComplaint(isNamed ? null : `Type ${operator} to confirm.`)
    if (isNamed) present(() => work.mutateAsync())
  }
  if (state !== undefined) return <ActionDone action={action} onClose={onClose} />
  return (
    <KitForm
      purpose={action}
      fields={fields}
      pending={work.isPending}
      error={work.error}
      onCancel={onClose}
      onSubmit={submit}
    >
      {asksName && (
        <TextInput
          label={`Type the operator's name, ${operator}, to confirm`}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={complaint}
          disabled={work.isPending}
        />
      )}
    </KitForm>
  )
}

interface KitFormProps {
  readonly purpose: KitPurpose
  readonly fields: React.Ref<KitFieldsHandle>
  readonly pending: boolean
  readonly error: Error | null
  readonly children?: React.ReactNode
  readonly onCancel: () => void
  readonly onSubmit: () => void
}

function KitForm(props: KitFormProps) {
  const { purpose, fields, pending, error, children, onCancel, onSubmit } = props
  return (
    <form
      className={styles.dialog}
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      <p className={styles.text}>{WORDS[purpose].text}</p>
      <KitFields ref={fields} disabled={pending} />
      {children}
      {error !== null && <ProblemNotice problem={problemOf(error)} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel} disabled={pending}>
          Cancel
        </Button>
        <Button type="submit" loading={pending}>
          {WORDS[purpose].button}
        </Button>
      </Group>
    </form>
  )
}

const DONE: Readonly<Record<KitAction, string>> = {
  moveOffline: 'The identity keys are no longer on this computer. Keep the kit, and a copy of it.',
  lend: `The identity keys are lent for ${LOAN_MINUTES} minutes. Do now what needs them.`,
  bringBack:
    'The keys are in the keychain of this computer again. Signing keys that are missing are made anew; Keys shows how it stands.',
}

function ActionDone({ action, onClose }: { action: KitAction; onClose: () => void }) {
  return (
    <div className={styles.dialog}>
      <Notice tone="ok" title="Done">
        {DONE[action]}
      </Notice>
      <Group justify="flex-end">
        <Button onClick={onClose}>Close</Button>
      </Group>
    </div>
  )
}

/** The fields, and what they held when they were presented; the secret is cleared after use. */
function usePresentedKit() {
  const fields = useRef<KitFieldsHandle>(null)
  const presented = useRef<PresentedKit | null>(null)
  const kit = (): PresentedKit => {
    if (presented.current === null) throw new Error('No kit was presented.')
    return presented.current
  }
  const present = (work: () => Promise<unknown>) => {
    presented.current = fields.current?.read() ?? null
    if (presented.current === null) return
    const forget = () => {
      presented.current = null
      fields.current?.clear()
    }
    // What went wrong is shown from the mutation.
    work().then(forget, forget)
  }
  return { fields, kit, present }
}
