import { useState } from 'react'
import { Anchor, Button } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import type { AccountUsage, Tenant, TenantDetail } from '#shared/contract/tenants.ts'
import { useFleet } from '../../../lib/live/fleet.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useRetryTenant } from '../api/tenant-mutations.ts'
import { useTenantDetail } from '../api/tenant-queries.ts'
import { bytesText } from '../../../lib/bytes-text.ts'
import { ClearDialog } from './clear-dialog.tsx'
import styles from './tenant-panel.module.css'

/** Above this share of the server's max_payload an account is worth a word. */
const LARGE_ACCOUNT = 0.7

interface OverviewTabProps {
  readonly tenant: Tenant
  readonly onOpenFleet: () => void
  readonly onOpenTenant: (name: string) => void
  readonly onCleared: () => void
}

export function OverviewTab({ tenant, onOpenFleet, onOpenTenant, onCleared }: OverviewTabProps) {
  return (
    <>
      <TenantProblem tenant={tenant} />
      <Section title="Tenant">
        <Facts>
          <Fact name="Created">{tenant.createdAt && <TimeText at={tenant.createdAt} />}</Fact>
          <Fact name="Provisioned">
            {tenant.readyAt ? <TimeText at={tenant.readyAt} /> : 'Not yet'}
          </Fact>
          <Fact name="Last change">{tenant.changedAt && <TimeText at={tenant.changedAt} />}</Fact>
          <Fact name="Account">
            {tenant.account && (
              <span className={styles.key}>
                <span className={styles.code}>{tenant.account}</span>
                <CopyIcon text={tenant.account} what="account key" />
              </span>
            )}
          </Fact>
          <Fact name="Devices">
            <Devices tenant={tenant.name} onOpen={onOpenFleet} />
          </Fact>
        </Facts>
      </Section>
      {tenant.account !== null && <Figures tenant={tenant} onOpenTenant={onOpenTenant} />}
      {tenant.account !== null && tenant.state !== 'clearing' && (
        <Clear tenant={tenant} onCleared={onCleared} />
      )}
    </>
  )
}

function TenantProblem({ tenant }: { tenant: Tenant }) {
  const retry = useRetryTenant()
  if (tenant.state === 'clearing') {
    return (
      <Notice tone="warn" title="This tenant is being cleared">
        It goes on by itself, also after a restart, as soon as the mesh is connected.
      </Notice>
    )
  }
  if (tenant.state === 'ready') return null
  const again = (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconRefresh size={15} />}
      loading={retry.isPending}
      onClick={() => retry.mutate({ tenant: tenant.name })}
    >
      Try again now
    </Button>
  )
  const problem = retry.isError ? problemOf(retry.error) : tenant.problem
  if (problem === null) {
    return (
      <Notice tone="info" title="The mesh has not confirmed this tenant yet" actions={again}>
        Muster tries again by itself as soon as the mesh is connected.
      </Notice>
    )
  }
  return <ProblemNotice problem={problem} actions={again} />
}

function Devices({ tenant, onOpen }: { tenant: string; onOpen: () => void }) {
  const devices = useFleet()?.devices.filter((device) => device.tenant === tenant)
  if (devices === undefined) return 'Not known yet'
  if (devices.length === 0) return 'None yet'
  const online = devices.filter(({ state }) => state === 'online').length
  return (
    <Anchor component="button" type="button" fz="inherit" onClick={onOpen}>
      {online.toLocaleString('en')} of {devices.length.toLocaleString('en')} online
    </Anchor>
  )
}

interface FiguresProps {
  readonly tenant: Tenant
  readonly onOpenTenant: (name: string) => void
}

function Figures({ tenant, onOpenTenant }: FiguresProps) {
  const detail = useTenantDetail(tenant.name)
  if (detail.isError && detail.data === undefined) {
    return <ProblemNotice problem={problemOf(detail.error)} />
  }
  const { data } = detail
  if (data === undefined) return null
  const { usable, pending, expired, ended } = data.credentials
  return (
    <>
      <Section title="Credentials">
        <Facts>
          <Fact name="Usable">{usable.toLocaleString('en')}</Fact>
          <Fact name="Not yet used">{pending > 0 ? pending.toLocaleString('en') : null}</Fact>
          <Fact name="Expired">{expired > 0 ? expired.toLocaleString('en') : null}</Fact>
          <Fact name="Withdrawn">{ended > 0 ? ended.toLocaleString('en') : null}</Fact>
        </Facts>
      </Section>
      {tenant.state === 'ready' && (
        <Section title="In use now">
          {data.usage === null ? (
            <p className={styles.note} style={{ margin: 0 }}>
              The server can not be asked while the mesh is not connected.
            </p>
          ) : (
            <Usage usage={data.usage} limits={tenant.limits} />
          )}
        </Section>
      )}
      <Size detail={data} />
      {data.sharedWith.length > 0 && (
        <Section title="In the same account">
          <div className={styles.names}>
            {data.sharedWith.map((name) => (
              <Anchor
                key={name}
                component="button"
                type="button"
                fz="inherit"
                onClick={() => onOpenTenant(name)}
              >
                {name}
              </Anchor>
            ))}
          </div>
        </Section>
      )}
    </>
  )
}

function Usage({ usage, limits }: { usage: AccountUsage; limits: Tenant['limits'] }) {
  const jetStream = usage.jetStream
  const plain = (value: number) => value.toLocaleString('en')
  return (
    <Facts>
      <Fact name="Connections">
        <Gauge value={usage.connections} limit={limits?.connections ?? null} text={plain} />
      </Fact>
      <Fact name="Subscriptions">{plain(usage.subscriptions)}</Fact>
      <Fact name="JetStream">
        {jetStream === null ? (
          'Off'
        ) : (
          <Gauge
            value={jetStream.diskBytes}
            limit={limits?.jetStream?.diskBytes ?? null}
            text={bytesText}
            more={`, ${plain(jetStream.streams)} streams, ${plain(jetStream.consumers)} consumers`}
          />
        )}
      </Fact>
    </Facts>
  )
}

interface GaugeProps {
  readonly value: number
  readonly limit: number | null
  readonly text: (value: number) => string
  readonly more?: string
}

function Gauge({ value, limit, text, more = '' }: GaugeProps) {
  const share = limit === null || limit === 0 ? 0 : Math.min(1, value / limit)
  return (
    <div>
      {limit === null ? text(value) : `${text(value)} of ${text(limit)}`}
      {more}
      {limit !== null && limit > 0 && (
        <div className={styles.bar} data-full={share > 0.9} aria-hidden>
          <span style={{ width: `${share * 100}%` }} />
        </div>
      )}
    </div>
  )
}

function Size({ detail: { jwtBytes, maxPayloadBytes } }: { detail: TenantDetail }) {
  if (maxPayloadBytes === 0 || jwtBytes / maxPayloadBytes < LARGE_ACCOUNT) return null
  return (
    <Notice tone="warn" title="The account is close to what the server takes">
      Its JWT has {bytesText(jwtBytes)} of {bytesText(maxPayloadBytes)}; a larger one is refused.
      Rotate its signing key to drop old revocations, or raise max_payload.
    </Notice>
  )
}

function Clear({ tenant, onCleared }: { tenant: Tenant; onCleared: () => void }) {
  const [asking, setAsking] = useState(false)
  return (
    <div>
      <Button variant="default" size="xs" color="red" onClick={() => setAsking(true)}>
        Clear this tenant…
      </Button>
      <ClearDialog
        tenant={tenant.name}
        opened={asking}
        onClose={() => setAsking(false)}
        onCleared={onCleared}
      />
    </div>
  )
}
