import { useEffect, useRef, useState } from 'react'
import { Button, Skeleton, Textarea, TextInput } from '@mantine/core'
import type { RevocationImpact, RevocationTarget } from '#shared/contract/credentials.ts'
import { plural } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import dialog from '../../../ui/dialog.module.css'
import { Figure, Figures } from '../../../ui/figures.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { Dot } from '../../../ui/state-mark.tsx'
import { useImpact } from '../api/get-impact.ts'
import { useRevoke } from '../api/revoke.ts'
import styles from './credentials-screen.module.css'

const REASON_LENGTH = 500

interface ImpactStageProps {
  readonly target: RevocationTarget
  readonly onCancel: () => void
  readonly onBegun: (ids: readonly string[]) => void
}

/** What revoking takes down, and the name to type before it does. */
export function ImpactStage({ target, onCancel, onBegun }: ImpactStageProps) {
  const impact = useImpact(target)
  const revoke = useRevoke()
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const found = impact.data
  const field = useRef<HTMLTextAreaElement>(null)
  const isThere = found !== undefined && found !== null
  // The dialog was there before the field: what it gave the focus to is only its close button.
  useEffect(() => {
    if (isThere) field.current?.focus()
  }, [isThere])
  if (impact.isError) {
    return (
      <div className={dialog.body}>
        <ProblemNotice problem={problemOf(impact.error)} />
        <div className={dialog.footer}>
          <Button variant="default" onClick={onCancel}>
            Close
          </Button>
          <Button onClick={() => void impact.refetch()}>Try again</Button>
        </div>
      </div>
    )
  }
  if (!isThere) {
    return (
      <div className={dialog.body} aria-busy="true" aria-label="What it takes down is looked up">
        <Skeleton height={60} />
        <Skeleton height={120} />
        <Skeleton height={60} />
      </div>
    )
  }
  const nothingLeft = found.credentials === 0
  const ready = typed === found.confirm && reason.trim() !== '' && !nothingLeft
  return (
    <form
      className={dialog.body}
      onSubmit={(event) => {
        event.preventDefault()
        if (!ready) return
        revoke.mutate(
          { target, reason: reason.trim() },
          { onSuccess: (begun) => onBegun(begun.map(({ id }) => id)) },
        )
      }}
    >
      {nothingLeft ? (
        <Notice tone="info" title="Nothing is left to revoke">
          What you chose is revoked or was taken back already.
        </Notice>
      ) : (
        <Impact impact={found} />
      )}
      {!nothingLeft && (
        <>
          <Textarea
            label="Reason"
            description="Stays in the ledger and the audit log."
            placeholder="Stolen from the van on Tuesday"
            autosize
            minRows={1}
            maxRows={3}
            maxLength={REASON_LENGTH}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            ref={field}
          />
          <TextInput
            label={
              <>
                Type <bdi className="m-mono">{found.confirm}</bdi> to revoke
              </>
            }
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </>
      )}
      {revoke.isError && <ProblemNotice problem={problemOf(revoke.error)} />}
      <div className={dialog.footer}>
        <Button variant="default" onClick={onCancel}>
          {nothingLeft ? 'Close' : 'Keep'}
        </Button>
        {!nothingLeft && (
          <Button type="submit" color="red.9" disabled={!ready} loading={revoke.isPending}>
            Revoke
          </Button>
        )}
      </div>
    </form>
  )
}

function Impact({ impact }: { impact: RevocationImpact }) {
  const { credentials, connected, connectedProblem, deviceCount, devices, accounts } = impact
  const subscriptions = connected?.connections.reduce(
    (sum, one) => sum + one.subscriptions.length,
    0,
  )
  return (
    <>
      <Figures label="What it takes down">
        <Figure name={plural(credentials, 'credential')} value={credentials} />
        <Figure name="connected now" value={connected?.total ?? null} />
        <Figure name={plural(subscriptions ?? 0, 'subscription')} value={subscriptions ?? null} />
        <Figure name={plural(deviceCount, 'device')} value={deviceCount} />
      </Figures>
      {connectedProblem !== null && (
        <Notice tone="warn" title="Who is connected can not be seen now">
          <bdi>{connectedProblem.message}</bdi> You can revoke all the same: it is carried out as
          soon as the servers can be reached.
        </Notice>
      )}
      <Remarks impact={impact} />
      {devices.length > 0 && (
        <ul className={styles.devices} aria-label="Devices that are cut off">
          {devices.map(({ tenant, deviceId, connections, functions, events }) => (
            <li key={`${tenant} ${deviceId}`} className={styles.device}>
              <div className={styles.itemHead}>
                {connected !== null && <Dot tone={connections > 0 ? 'ok' : 'off'} />}
                <DeviceText text={deviceId} className="m-strong" />
                <span className="m-muted">
                  {connected !== null && (connections > 0 ? 'connected, ' : 'not connected, ')}
                  <bdi>{tenant}</bdi>
                </span>
              </div>
              <div className="m-muted">{offers(functions, events)}</div>
            </li>
          ))}
          {deviceCount > devices.length && (
            <li className={styles.device}>and {deviceCount - devices.length} more</li>
          )}
        </ul>
      )}
      <Notice tone="info" title="What it takes to come back">
        {deviceCount > 0
          ? 'A new credential for the same key, possible at once. A device that is cut off can not be reached over the mesh: commission it again where it is, or bring it a bundle. Its key and its name stay.'
          : 'A new credential for the same key, possible at once, handed over as a file or a bundle.'}
      </Notice>
      {accounts
        .filter(({ entries, entryLimit }) => entries > entryLimit * 0.75)
        .map(({ account, name, entries, entryLimit }) => (
          <Notice key={account} tone="warn" title={`The revocation list of ${name} fills up`}>
            It has {entries.toLocaleString('en')} of {entryLimit.toLocaleString('en')} entries then.
            Muster begins to rotate the signing key of the account; finish that in Keys.
          </Notice>
        ))}
    </>
  )
}

/** What one might not expect. */
function Remarks({ impact }: { impact: RevocationImpact }) {
  const { sameKey, endedBefore, expired, ownConnections, accounts } = impact
  const shared = accounts.find(
    ({ tenants }) => tenants.length > 1 && tenants.includes(impact.confirm),
  )
  const remarks = [
    sameKey > 0 &&
      `${sameKey} more ${plural(sameKey, 'credential')} of the same ${plural(impact.keys, 'key')} end with it: a revocation names a key, not a credential.`,
    endedBefore > 0 && `${endedBefore} of those you chose ended before and stay as they are.`,
    expired > 0 && `${expired} ${expired === 1 ? 'has' : 'have'} expired already.`,
    ownConnections > 0 &&
      'Muster’s own connection to the tenant is among them; it comes back by itself.',
    shared !== undefined &&
      `The tenants ${shared.tenants.join(', ')} share this account: all of them are cut off.`,
  ].filter((remark) => remark !== false)
  if (remarks.length === 0) return null
  return (
    <ul className={styles.lines}>
      {remarks.map((remark) => (
        <li key={remark}>{remark}</li>
      ))}
    </ul>
  )
}

function offers(functions: readonly string[] | null, events: readonly string[]): string {
  if (functions === null) return 'The registry has no record of what it offers.'
  const stops = [...functions, ...events]
  if (stops.length === 0) return 'It offers no functions.'
  return `Stops: ${stops.join(', ')}`
}
