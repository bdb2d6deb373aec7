import { Button } from '@mantine/core'
import type { Revocation } from '#shared/contract/credentials.ts'
import { counted } from '../../../lib/counted.ts'
import { useRevocations } from '../../../lib/live/revocations.ts'
import { Notice } from '../../../ui/notice.tsx'
import { useCancelRevocation, useRetryRevocation } from '../api/revoke.ts'
import styles from './credentials-screen.module.css'
import { WaitingActions } from './waiting-actions.tsx'

/** Revocations that wait, or whose proof failed: the person must not find out by chance. */
export function OpenRevocations({ onShow }: { onShow: (id: string) => void }) {
  const revocations = useRevocations()
  const open = [...(revocations?.values() ?? [])].filter(
    ({ state, evidence }) => state === 'waiting' || evidence.verdict === 'contradicted',
  )
  if (open.length === 0) return null
  return (
    <div className={styles.banner} style={{ paddingTop: '0.625rem' }}>
      {open.map((revocation) => (
        <OpenRevocation key={revocation.id} revocation={revocation} onShow={onShow} />
      ))}
    </div>
  )
}

interface OpenRevocationProps {
  readonly revocation: Revocation
  readonly onShow: (id: string) => void
}

function OpenRevocation({ revocation, onShow }: OpenRevocationProps) {
  const cancel = useCancelRevocation()
  const retry = useRetryRevocation()
  const { id, credentialCount, accountName, problem, state } = revocation
  const what = `${counted(credentialCount, 'credential')} of ${accountName}`
  const waits = state === 'waiting'
  return (
    <Notice
      tone={waits ? 'warn' : 'bad'}
      urgent
      title={
        waits ? `A revocation waits: ${what}` : `A server still lets in what was revoked: ${what}`
      }
      actions={
        <>
          <Button size="xs" variant="default" onClick={() => onShow(id)}>
            Show
          </Button>
          {waits && <WaitingActions revocation={revocation} retry={retry} cancel={cancel} />}
        </>
      }
    >
      {waits && problem !== null && (
        <bdi>{problem.message} It goes on by itself as soon as it can.</bdi>
      )}
      {!waits && 'Look at what was seen, and at whether another server of the cluster is behind.'}
    </Notice>
  )
}
