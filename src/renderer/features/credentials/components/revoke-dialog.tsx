import { useState } from 'react'
import { Modal } from '@mantine/core'
import type { RevocationTarget } from '#shared/contract/credentials.ts'
import { AccountTargetForm } from './account-target-form.tsx'
import { ImpactStage } from './impact-stage.tsx'
import { ProgressStage } from './progress-stage.tsx'

/** What the dialog is about: something to revoke, a tenant still to be chosen, or revocations that run. */
export type RevokeSubject =
  | { readonly type: 'target'; readonly target: RevocationTarget }
  | { readonly type: 'choose-tenant' }
  | { readonly type: 'progress'; readonly ids: readonly string[] }

interface RevokeDialogProps {
  readonly subject: RevokeSubject | null
  readonly tenants: readonly string[]
  readonly onClose: () => void
  /** The revocations have begun. */
  readonly onBegun?: () => void
}

/** Revoking: what it takes down, the name typed, then what was seen of it. */
export function RevokeDialog({ subject, tenants, onClose, onBegun }: RevokeDialogProps) {
  return (
    <Modal
      opened={subject !== null}
      onClose={onClose}
      size="lg"
      title={subject === null ? '' : titleOf(subject)}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {subject !== null && (
        <Stages
          key={JSON.stringify(subject)}
          subject={subject}
          tenants={tenants}
          onClose={onClose}
          {...(onBegun === undefined ? {} : { onBegun })}
        />
      )}
    </Modal>
  )
}

interface StagesProps extends Omit<RevokeDialogProps, 'subject'> {
  readonly subject: RevokeSubject
}

function Stages({ subject, tenants, onClose, onBegun }: StagesProps) {
  const [target, setTarget] = useState(subject.type === 'target' ? subject.target : null)
  const [ids, setIds] = useState(subject.type === 'progress' ? subject.ids : null)
  if (ids !== null) return <ProgressStage ids={ids} onClose={onClose} />
  if (target === null) {
    return <AccountTargetForm tenants={tenants} onCancel={onClose} onChoose={setTarget} />
  }
  return (
    <ImpactStage
      target={target}
      onCancel={onClose}
      onBegun={(begun) => {
        setIds(begun)
        onBegun?.()
      }}
    />
  )
}

function titleOf(subject: RevokeSubject): string {
  if (subject.type === 'progress') return 'Revocation'
  if (subject.type === 'choose-tenant' || subject.target.type === 'account') {
    return 'Revoke everything of a tenant'
  }
  const { length } = subject.target.ids
  return length === 1 ? 'Revoke a credential' : `Revoke ${length} credentials`
}
