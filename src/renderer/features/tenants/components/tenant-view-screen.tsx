import type { ReactNode } from 'react'
import { Button, Tabs } from '@mantine/core'
import { IconEye, IconLock, IconRoute, IconServer2, IconTimelineEvent } from '@tabler/icons-react'
import { DeviceText } from '../../../ui/device-text.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { bytesText } from '../../../lib/bytes-text.ts'
import { useTenantView } from '../hooks/use-tenant-view.ts'
import type { ViewState } from '../hooks/view-state.ts'
import styles from './tenant-view-screen.module.css'

interface TenantViewScreenProps {
  readonly tenant: string
  readonly tab: string | undefined
  readonly onTab: (tab: string) => void
  readonly onLeave: () => void
}

const DEVICE_STATES: Readonly<Record<string, { word: string; tone: Tone }>> = {
  online: { word: 'Online', tone: 'ok' },
  offline: { word: 'Offline', tone: 'off' },
  pending: { word: 'Pending', tone: 'warn' },
}

/** More rows than anybody reads; the fleet's own screen has them all. */
const MAX_ROWS = 500

/** Fleet, events and subjects as a credential of one tenant sees them. Nothing can be called or changed. */
export function TenantViewScreen({ tenant, tab, onTab, onLeave }: TenantViewScreenProps) {
  const view = useTenantView(tenant)
  const shown = tab === 'events' || tab === 'subjects' ? tab : 'fleet'
  return (
    <div className={styles.screen}>
      <Banner tenant={tenant} view={view} onLeave={onLeave} />
      {view.session?.problem && (
        <div className={styles.problem}>
          <ProblemNotice problem={view.session.problem} />
        </div>
      )}
      <Tabs
        value={shown}
        onChange={(value) => onTab(value ?? 'fleet')}
        classNames={{
          root: styles.tabs ?? '',
          list: styles.tabList ?? '',
          panel: styles.panel ?? '',
        }}
      >
        <Tabs.List>
          <Tabs.Tab value="fleet">Fleet</Tabs.Tab>
          <Tabs.Tab value="events">Events</Tabs.Tab>
          <Tabs.Tab value="subjects">Subjects</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="fleet" tabIndex={0}>
          {shown === 'fleet' && <Fleet view={view} />}
        </Tabs.Panel>
        <Tabs.Panel value="events" tabIndex={0}>
          {shown === 'events' && <Events view={view} />}
        </Tabs.Panel>
        <Tabs.Panel value="subjects" tabIndex={0}>
          {shown === 'subjects' && <Subjects view={view} />}
        </Tabs.Panel>
      </Tabs>
    </div>
  )
}

const SESSION_WORDS = {
  connecting: { word: 'Connecting', tone: 'busy' },
  connected: { word: 'Connected', tone: 'ok' },
  lost: { word: 'Connection lost', tone: 'warn' },
} as const

function Banner(props: { tenant: string; view: ViewState; onLeave: () => void }) {
  const { tenant, view, onLeave } = props
  const { session } = view
  const { word, tone } = SESSION_WORDS[session?.state ?? 'connecting']
  return (
    <header className={styles.banner}>
      <IconEye size={22} stroke={1.7} aria-hidden className={styles.eye} />
      <div className={styles.who}>
        <h1 className={styles.title}>
          You see with the eyes of <bdi>{tenant}</bdi>
        </h1>
        <div className={styles.facts}>
          <StateMark tone={tone} word={word} />
          <span className={styles.lock}>
            <IconLock size={14} aria-hidden /> Read-only: calls and changes are disabled, by the
            server
          </span>
          {session !== null && (
            <span>
              hears <code>{session.subscribe.join(', ')}</code>, may say only{' '}
              <code>{session.publish.join(', ')}</code>
            </span>
          )}
        </div>
      </div>
      <Button variant="default" onClick={onLeave}>
        Leave this view
      </Button>
    </header>
  )
}

function Fleet({ view }: { view: ViewState }) {
  const devices = view.fleet?.devices ?? []
  if (devices.length === 0) {
    return (
      <EmptyState
        icon={IconServer2}
        title={view.fleet?.stale === false ? 'No devices' : 'Nothing heard yet'}
      >
        {view.fleet?.stale === false
          ? 'The registry knows no device of this tenant.'
          : 'The registry has not answered this credential yet.'}
      </EmptyState>
    )
  }
  return (
    <Rows
      label="Devices"
      head={['State', 'Device', 'Type', 'Location', 'Last seen']}
      rows={devices.slice(0, MAX_ROWS).map((device) => {
        const { word, tone } = DEVICE_STATES[device.state] ?? { word: device.state, tone: 'off' }
        return {
          key: device.deviceId,
          cells: [
            <StateMark key="state" tone={tone} word={word} />,
            <DeviceText key="id" text={device.deviceId} className="m-strong" />,
            <DeviceText key="type" text={device.deviceType ?? '–'} />,
            <DeviceText key="location" text={device.location ?? '–'} />,
            <TimeText key="seen" at={device.lastSeenAt} />,
          ],
        }
      })}
    />
  )
}

function Events({ view }: { view: ViewState }) {
  if (view.events.length === 0) {
    return (
      <EmptyState icon={IconTimelineEvent} title="No events yet">
        What devices of this tenant tell from now on appears here.
      </EmptyState>
    )
  }
  return (
    <Rows
      label="Events"
      head={['Time', 'Device', 'Event', 'Content']}
      rows={view.events.map((event) => ({
        key: String(event.sequence),
        cells: [
          <TimeText key="at" at={event.at} />,
          <DeviceText key="id" text={event.deviceId} className="m-strong" />,
          <DeviceText key="name" text={event.name} />,
          <code key="payload" className="m-truncate">
            {event.payload}
          </code>,
        ],
      }))}
    />
  )
}

function Subjects({ view }: { view: ViewState }) {
  if (view.subjects.length === 0) {
    return (
      <EmptyState icon={IconRoute} title="Nothing heard yet">
        Each subject that this credential hears something on appears here.
      </EmptyState>
    )
  }
  const subjects = view.subjects.toSorted((one, other) => one.subject.localeCompare(other.subject))
  return (
    <>
      <Rows
        label="Subjects"
        head={['Subject', 'Messages', 'Bytes', 'Last']}
        rows={subjects.map(({ subject, messages, bytes, lastAt }) => ({
          key: subject,
          cells: [
            <code key="subject" className={styles.subject}>
              {subject}
            </code>,
            messages.toLocaleString('en'),
            bytesText(bytes),
            <TimeText key="last" at={lastAt} />,
          ],
        }))}
      />
      {view.moreSubjects > 0 && (
        <p className="m-muted">
          {view.moreSubjects.toLocaleString('en')} messages on further subjects.
        </p>
      )}
    </>
  )
}

interface RowsProps {
  readonly label: string
  readonly head: readonly string[]
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[]
}

function Rows({ label, head, rows }: RowsProps) {
  return (
    <table className={styles.table} aria-label={label}>
      <thead>
        <tr>
          {head.map((title) => (
            <th key={title}>{title}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells }) => (
          <tr key={key}>
            {cells.map((cell, index) => (
              <td key={head[index]}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
