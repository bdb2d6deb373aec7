import { Progress, Skeleton } from '@mantine/core'
import type { DeviceAddress, DeviceRecord, FleetDevice } from '#shared/contract/fleet.ts'
import { dayText } from '../../../lib/time/format.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { SinceText } from '../../../ui/time-text.tsx'
import { DEVICE_STATES } from '../device-states.ts'
import { factName, otherFacts } from '../fact-text.ts'
import { CredentialList } from './credential-list.tsx'
import styles from './device-view.module.css'
import { ForgetButton } from './forget-button.tsx'
import { PresenceSection } from './presence-section.tsx'

/** Fields of identity and status that the list has in a form of their own. */
const SHOWN_IDENTITY: ReadonlySet<string> = new Set([
  'device_type',
  'manufacturer',
  'model',
  'firmware_version',
  'description',
])
const SHOWN_STATUS: ReadonlySet<string> = new Set([
  'ts',
  'location',
  'availability',
  'busy_score',
  'battery',
  'online',
  'error_state',
])

interface OverviewTabProps {
  readonly address: DeviceAddress
  readonly device: FleetDevice
  /** Undefined until it came, null where the registry has none. */
  readonly record: DeviceRecord | null | undefined
  readonly onForgotten: () => void
}

/** Who the device is, how it is, and what may speak for it. */
export function OverviewTab({ address, device, record, onForgotten }: OverviewTabProps) {
  const { word, tone } = DEVICE_STATES[device.state]
  return (
    <>
      {device.errorState !== null && (
        <Notice tone="bad" title="The device reports an error">
          <DeviceText text={device.errorState} wrap />
        </Notice>
      )}
      {device.state === 'pending' && (
        <Notice tone="info" title="Waits for its first connection">
          It has a credential and has not connected with it yet. Without a connection the credential
          is revoked at its deadline.
        </Notice>
      )}
      <div className={styles.columns}>
        <PresenceSection device={device} />
        <Section title="State">
          <Facts>
            <Fact name="State">
              <StateMark tone={tone} word={word} /> <SinceText at={device.since} />
            </Fact>
            <Fact name="Location">{textOrNull(device.location)}</Fact>
            <Fact name="Availability">{textOrNull(device.availability)}</Fact>
            <Fact name="Load">{shareOf(device.busyScore, 1, 'Load')}</Fact>
            <Fact name="Battery">{shareOf(device.battery, 100, 'Battery')}</Fact>
            <OtherFacts facts={record?.status} shown={SHOWN_STATUS} />
          </Facts>
        </Section>
        <Section title="Identity">
          {record === undefined ? (
            <Skeleton height={80} />
          ) : (
            <Identity device={device} record={record} />
          )}
        </Section>
        {record !== null && record !== undefined && Object.keys(record.labels).length > 0 && (
          <Section title="Labels">
            <Facts>
              <OtherFacts facts={record.labels} shown={new Set()} />
            </Facts>
          </Section>
        )}
        <CredentialList address={address} />
      </div>
      {device.state === 'offline' && <ForgetButton address={address} onForgotten={onForgotten} />}
    </>
  )
}

function Identity({ device, record }: { device: FleetDevice; record: DeviceRecord | null }) {
  return (
    <Facts>
      <Fact name="Type">{textOrNull(device.deviceType)}</Fact>
      <Fact name="Manufacturer">{textOrNull(device.manufacturer)}</Fact>
      <Fact name="Model">{textOrNull(device.model)}</Fact>
      <Fact name="Firmware">{textOrNull(device.firmwareVersion)}</Fact>
      <Fact name="Tenant">
        <DeviceText text={device.tenant} wrap />
      </Fact>
      <Fact name="About">
        {record === null || record.description === '' ? null : (
          <DeviceText text={record.description} wrap />
        )}
      </Fact>
      <OtherFacts facts={record?.identity} shown={SHOWN_IDENTITY} />
      <Fact name="Registered">
        {device.registeredAt === null ? null : dayText(Date.parse(device.registeredAt))}
      </Fact>
      <Fact name="Lifetime">
        {device.ttlSeconds === null ? null : `${device.ttlSeconds} s without a heartbeat`}
      </Fact>
    </Facts>
  )
}

interface OtherFactsProps {
  readonly facts: Readonly<Record<string, unknown>> | undefined
  readonly shown: ReadonlySet<string>
}

function OtherFacts({ facts, shown }: OtherFactsProps) {
  return otherFacts(facts ?? {}, shown).map(([name, text]) => (
    <Fact key={name} name={factName(name)}>
      <DeviceText text={text} wrap />
    </Fact>
  ))
}

function textOrNull(text: string | null) {
  return text === null ? null : <DeviceText text={text} wrap />
}

function shareOf(value: number | null, whole: number, name: string) {
  if (value === null) return null
  const percent = Math.round(Math.max(0, Math.min(1, value / whole)) * 100)
  return (
    <span style={{ display: 'flex', alignItems: 'center', gap: 10 }}>
      <Progress value={percent} w={96} size="sm" aria-label={name} />
      <span className="m-numbers">{percent} %</span>
    </span>
  )
}
