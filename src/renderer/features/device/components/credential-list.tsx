import { Skeleton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { CredentialSummary, DeviceAddress } from '#shared/contract/fleet.ts'
import { problemOf } from '../../../lib/problem.ts'
import { dayText } from '../../../lib/time/format.ts'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { Countdown } from '../../../ui/time-text.tsx'
import { useCredentials } from '../api/get-credentials.ts'
import styles from './credential-list.module.css'

const STATES: Readonly<Record<CredentialSummary['state'], { word: string; tone: Tone }>> = {
  pending: { word: 'Pending', tone: 'warn' },
  active: { word: 'Active', tone: 'ok' },
  struck: { word: 'Taken back', tone: 'off' },
  revoked: { word: 'Revoked', tone: 'bad' },
  expired: { word: 'Expired', tone: 'bad' },
}

/** What was issued to the device and what became of each. */
export function CredentialList({ address }: { address: DeviceAddress }) {
  const credentials = useCredentials(address)
  return (
    <Section
      title="Credentials"
      aside={
        credentials.data !== undefined &&
        credentials.data.length > 0 && (
          <span className={styles.links}>
            <Link
              to="/credentials/doctor"
              search={{ tenant: address.tenant, device: address.deviceId }}
            >
              Diagnose
            </Link>
            <Link to="/credentials/expiry" search={{ search: address.deviceId }}>
              Renew
            </Link>
          </span>
        )
      }
    >
      {credentials.isPending && <Skeleton height={44} />}
      {credentials.isError && <ProblemNotice problem={problemOf(credentials.error)} />}
      {credentials.data?.length === 0 && (
        <p className="m-muted" style={{ margin: 0 }}>
          Muster issued none to this device; it was commissioned elsewhere.
        </p>
      )}
      {credentials.data !== undefined && credentials.data.length > 0 && (
        <ul className={styles.list}>
          {credentials.data.toReversed().map((credential) => (
            <CredentialRow key={credential.id} credential={credential} />
          ))}
        </ul>
      )}
    </Section>
  )
}

function CredentialRow({ credential }: { credential: CredentialSummary }) {
  const { id, fingerprint, state, issuedAt, expiresAt, pendingUntil, publicKey } = credential
  const isOpen = state === 'active' || state === 'pending'
  const { word, tone } = STATES[state]
  return (
    <li className={styles.row}>
      <div className={styles.line}>
        <bdi className="m-mono m-strong" title={publicKey}>
          {fingerprint}
        </bdi>
        <CopyIcon text={publicKey} what="public key" />
        <span className={styles.space} />
        <StateMark tone={tone} word={word} />
      </div>
      <div className="m-muted">
        Issued {dayText(Date.parse(issuedAt))}, valid until {dayText(Date.parse(expiresAt))}
        {state === 'pending' && pendingUntil !== null && (
          <>
            , revoked in <Countdown until={pendingUntil} /> if it stays unused
          </>
        )}
        .{' '}
        <Link to="/credentials" search={{ credential: id }}>
          Details
        </Link>
        {isOpen && (
          <>
            {', '}
            <Link to="/credentials" search={{ credential: id, revoke: id }}>
              revoke…
            </Link>
          </>
        )}
      </div>
    </li>
  )
}
