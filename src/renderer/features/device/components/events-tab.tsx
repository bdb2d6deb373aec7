import { useMemo, useState } from 'react'
import { Button, TextInput } from '@mantine/core'
import {
  IconActivity,
  IconPlayerPause,
  IconPlayerPlay,
  IconSearch,
  IconTrash,
} from '@tabler/icons-react'
import type { DeviceEvent } from '#shared/contract/events.ts'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import { prettyJsonText } from '../../../lib/json/tokens.ts'
import { absoluteTime, clockTime } from '../../../lib/time/format.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { JsonView } from '../../../ui/json-view.tsx'
import { Dot } from '../../../ui/state-mark.tsx'
import { useDeviceEvents } from '../hooks/use-device-events.ts'
import styles from './events-tab.module.css'

/** Rows drawn at once; older ones can be found by the filter. */
const SHOWN_EVENTS = 200
const PREVIEW_CHARACTERS = 200

/** The events of the device as they come. */
export function EventsTab({ address }: { address: DeviceAddress }) {
  const live = useDeviceEvents(address)
  const [filter, setFilter] = useState('')
  const [frozen, setFrozen] = useState<readonly DeviceEvent[] | null>(null)
  const [clearedUpTo, setClearedUpTo] = useState(-1)
  const events = frozen ?? live?.events
  const shown = useMemo(
    () => fitting(events ?? [], filter, clearedUpTo),
    [events, filter, clearedUpTo],
  )
  const newest = live?.events.at(-1)?.sequence ?? -1
  const missed = frozen === null ? 0 : countAfter(live?.events ?? [], frozen.at(-1)?.sequence ?? -1)
  return (
    <div className={styles.events}>
      <div className={styles.tools}>
        <Button
          size="xs"
          variant="default"
          leftSection={
            frozen === null ? <IconPlayerPause size={15} /> : <IconPlayerPlay size={15} />
          }
          onClick={() => setFrozen(frozen === null ? (live?.events ?? []) : null)}
        >
          {frozen === null ? 'Pause' : 'Resume'}
        </Button>
        <TextInput
          size="xs"
          className={styles.filter ?? ''}
          aria-label="Filter events"
          placeholder="Filter by name or payload"
          leftSection={<IconSearch size={15} />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
        <Button
          size="xs"
          variant="subtle"
          color="gray"
          leftSection={<IconTrash size={15} />}
          onClick={() => setClearedUpTo(newest)}
        >
          Clear
        </Button>
      </div>
      <p className={styles.status} role="status">
        {frozen === null ? <Dot tone="ok" pulse /> : <Dot tone="warn" />}
        <span>
          {frozen === null ? 'Live' : `Paused, ${missed} new`}
          {shown.length > 0 && ` · ${shown.length} shown`}
          {(live?.dropped ?? 0) > 0 && ` · ${live?.dropped} left out because they came too fast`}
        </span>
      </p>
      {shown.length === 0 ? (
        <NoEvents filtered={filter !== ''} />
      ) : (
        <ol className={styles.list} aria-label="Events, newest first">
          {shown.map((event) => (
            <EventRow key={event.sequence} event={event} />
          ))}
        </ol>
      )}
    </div>
  )
}

function NoEvents({ filtered }: { filtered: boolean }) {
  return (
    <EmptyState icon={IconActivity} title={filtered ? 'No event fits the filter' : 'No events yet'}>
      {filtered ? undefined : 'They appear here as soon as the device sends some.'}
    </EmptyState>
  )
}

function EventRow({ event }: { event: DeviceEvent }) {
  const [open, setOpen] = useState(false)
  const at = Date.parse(event.at)
  return (
    <li className={styles.event} data-open={open}>
      <button
        type="button"
        className={styles.line}
        aria-expanded={open}
        onClick={() => setOpen((before) => !before)}
      >
        <time className="m-mono m-muted" dateTime={event.at} title={absoluteTime(at)}>
          {clockTime(at)}
        </time>
        <DeviceText text={event.name} className="m-strong" />
        <bdi className={`m-mono m-muted m-truncate ${styles.preview ?? ''}`}>
          {event.payload.slice(0, PREVIEW_CHARACTERS)}
        </bdi>
      </button>
      {open && <EventPayload event={event} />}
    </li>
  )
}

function EventPayload({ event }: { event: DeviceEvent }) {
  const json = useMemo(() => prettyJsonText(event.payload), [event.payload])
  return (
    <div className={styles.payload}>
      <div className={styles.payloadHead}>
        {event.truncated && <span className="m-muted">Cut off: the payload was too long.</span>}
        <CopyTextButton text={json} />
      </div>
      <JsonView json={json} label="Payload" />
    </div>
  )
}

function fitting(
  events: readonly DeviceEvent[],
  filter: string,
  clearedUpTo: number,
): readonly DeviceEvent[] {
  const words = filter.toLowerCase().trim()
  const fits = events.filter(
    ({ sequence, name, payload }) =>
      sequence > clearedUpTo &&
      (words === '' || name.toLowerCase().includes(words) || payload.toLowerCase().includes(words)),
  )
  return fits.slice(-SHOWN_EVENTS).toReversed()
}

function countAfter(events: readonly DeviceEvent[], sequence: number): number {
  return events.filter((event) => event.sequence > sequence).length
}
