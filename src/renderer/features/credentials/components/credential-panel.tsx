import type { ReactNode } from 'react'
import { Button, Skeleton } from '@mantine/core'
import type { Credential, CredentialDetails } from '#shared/contract/credentials.ts'
import { problemOf } from '../../../lib/problem.ts'
import { absoluteTime, durationText } from '../../../lib/time/format.ts'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { PanelBody, Section, SidePanel } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { SubjectText } from '../../../ui/subject-text.tsx'
import { Countdown, TimeText } from '../../../ui/time-text.tsx'
import { useDetails } from '../api/get-details.ts'
import { deliveryName, roleName, shortKey, STATES } from '../credential-words.ts'
import { ConnectedSection } from './connected-section.tsx'
import styles from './credentials-screen.module.css'
import { HandedOverSection } from './handed-over-section.tsx'
import { RevocationSummary } from './revocation-summary.tsx'

interface CredentialPanelProps {
  readonly id: string
  readonly onClose: () => void
  readonly onSelect: (id: string) => void
  readonly onRevoke: () => void
  readonly onOpenDevice: (tenant: string, deviceId: string) => void
  readonly onOpenReceipt: (id: string) => void
  /** What other parts of the app offer for it, such as its renewal. */
  readonly actions?: (credential: Credential) => ReactNode
}

/** Everything about one credential. */
export function CredentialPanel(props: CredentialPanelProps) {
  const { id, onClose, onRevoke } = props
  const details = useDetails(id)
  const credential = details.data?.credential
  return (
    <SidePanel
      label={`Details of ${credential?.name ?? 'the credential'}`}
      title={credential === undefined ? 'Credential' : <DeviceText text={credential.name} wrap />}
      subtitle={credential && <StateMark {...STATES[credential.state]} />}
      onClose={onClose}
    >
      <PanelBody focusKey={id}>
        {details.isPending && <Skeleton height={220} radius="md" />}
        {details.isError && <ProblemNotice problem={problemOf(details.error)} />}
        {details.data !== undefined && (
          <>
            <StateNotice credential={details.data.credential} />
            <FactsSection {...props} details={details.data} />
            {canBeRevoked(details.data.credential) && (
              <div style={{ display: 'flex', gap: 8 }}>
                <Button size="xs" variant="default" onClick={onRevoke}>
                  Revoke…
                </Button>
                {props.actions?.(details.data.credential)}
              </div>
            )}
            {details.data.revocations.map((revocation) => (
              <Section key={revocation.id} title="Revocation">
                <RevocationSummary revocation={revocation} />
              </Section>
            ))}
            <ConnectedSection id={id} />
            <HandedOverSection
              publicKey={details.data.credential.publicKey}
              onOpen={props.onOpenReceipt}
            />
            <PermissionsSection details={details.data} />
            <HistorySection history={details.data.history} onSelect={props.onSelect} />
          </>
        )}
      </PanelBody>
    </SidePanel>
  )
}

function canBeRevoked({ state, role }: Credential): boolean {
  return state !== 'revoked' && state !== 'revoking' && role !== 'system'
}

function StateNotice({ credential }: { credential: Credential }) {
  const { state, pendingUntil } = credential
  if (state === 'pending' && pendingUntil !== null) {
    return (
      <Notice tone="info" title="Waits for its first connection">
        Revoked in <Countdown until={pendingUntil} /> if it stays unused.
      </Notice>
    )
  }
  if (state === 'revoking') {
    return (
      <Notice tone="warn" title="A revocation is under way">
        Until the servers have confirmed it, the credential still lets its holder in.
      </Notice>
    )
  }
  if (state === 'struck') {
    return (
      <Notice tone="info" title="Taken back before anybody used it">
        {credential.reason}
      </Notice>
    )
  }
  return null
}

function FactsSection({
  details: { credential, signingKey },
  onOpenDevice,
}: CredentialPanelProps & { readonly details: CredentialDetails }) {
  const { tenant, deviceId, publicKey, fingerprint, account } = credential
  return (
    <Section
      title="Issued"
      aside={
        tenant !== null &&
        deviceId !== null && (
          <Button size="compact-xs" variant="subtle" onClick={() => onOpenDevice(tenant, deviceId)}>
            Open device
          </Button>
        )
      }
    >
      <Facts>
        <Fact name="Key">
          <span className="m-mono m-strong" title={publicKey}>
            {fingerprint}
          </span>{' '}
          <CopyIcon text={publicKey} what="public key" />
        </Fact>
        <Fact name="Role">{roleName(credential.role)}</Fact>
        <Fact name="Tenant">{tenant === null ? null : <bdi>{tenant}</bdi>}</Fact>
        <Fact name="Device">{deviceId === null ? null : <bdi>{deviceId}</bdi>}</Fact>
        <Fact name="Delivered by">{deliveryName(credential.delivery)}</Fact>
        <Fact name="Issued">{absoluteTime(Date.parse(credential.issuedAt))}</Fact>
        <Fact name="Expires">
          <TimeText at={credential.expiresAt} />
        </Fact>
        <Fact name="First seen">
          {credential.connectedAt === null ? null : <TimeText at={credential.connectedAt} />}
        </Fact>
        <Fact name="Signed by">
          <KeyText text={signingKey} what="signing key" />
        </Fact>
        <Fact name="Account">
          <KeyText text={account} what="account key" />
        </Fact>
      </Facts>
    </Section>
  )
}

function KeyText({ text, what }: { text: string; what: string }) {
  return (
    <>
      <span className="m-mono" title={text}>
        {shortKey(text)}
      </span>{' '}
      <CopyIcon text={text} what={what} />
    </>
  )
}

function PermissionsSection({ details: { permissions } }: { details: CredentialDetails }) {
  const { publish, subscribe, answer, byRole } = permissions
  return (
    <Section title="Permissions">
      {byRole && <p className="m-muted">They come with the role of its signing key.</p>}
      <Facts>
        <Fact name="May publish">
          <Subjects of={publish} />
        </Fact>
        <Fact name="May subscribe">
          <Subjects of={subscribe} />
        </Fact>
        <Fact name="May answer">
          {answer !== null &&
            `each request ${answer.max === 1 ? 'once' : `${answer.max} times`}, within ${durationText(answer.withinMs)}`}
        </Fact>
      </Facts>
    </Section>
  )
}

function Subjects({ of: subjects }: { of: readonly string[] }) {
  if (subjects.length === 0) return <span className="m-muted">nothing</span>
  return (
    <ul className={styles.subjects}>
      {subjects.map((subject) => (
        <li key={subject}>
          <SubjectText subject={subject} />
        </li>
      ))}
    </ul>
  )
}

interface HistorySectionProps {
  readonly history: readonly Credential[]
  readonly onSelect: (id: string) => void
}

function HistorySection({ history, onSelect }: HistorySectionProps) {
  return (
    <Section title="Other credentials of this key">
      {history.length === 0 && (
        <p className="m-muted" style={{ margin: 0 }}>
          None: it was issued for this key once.
        </p>
      )}
      <ul className={styles.items}>
        {history.map(({ id, state, issuedAt, expiresAt }) => (
          <li key={id} className={styles.item}>
            <div className={styles.itemHead}>
              <StateMark {...STATES[state]} />
              <span>
                Issued <TimeText at={issuedAt} />, expires <TimeText at={expiresAt} />
              </span>
              <Button
                size="compact-xs"
                variant="subtle"
                onClick={() => onSelect(id)}
                style={{ marginInlineStart: 'auto' }}
              >
                Open
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}
