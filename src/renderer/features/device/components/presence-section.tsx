import { useCallback } from 'react'
import type { DevicePresence, FleetDevice } from '#shared/contract/fleet.ts'
import { isFlapping, presenceSentence, skewText, ttlLeftMs } from '#shared/presence.ts'
import { absoluteTime } from '../../../lib/time/format.ts'
import { useTimeText } from '../../../lib/time/use-now.ts'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import styles from './presence-section.module.css'

/** Why the device is in its state, and what its heartbeats tell of it. */
export function PresenceSection({ device }: { device: FleetDevice }) {
  const { presence, ttlSeconds } = device
  const sentence = useTimeText(useCallback((now) => presenceSentence(device, now), [device]))
  const left = useTimeText(useCallback((now) => leftText(device, now), [device]))
  return (
    <Section title="Presence">
      <div className={styles.reason}>
        <p>{sentence}</p>
        <FlappingNotice device={device} />
      </div>
      <Facts>
        <Fact name="Last seen">
          <TimeText at={device.lastSeenAt} />
        </Fact>
        <Fact name="TTL left">
          {left === '' ? null : (
            <span className="m-numbers">
              {left} of {ttlSeconds} s
            </span>
          )}
        </Fact>
        {presence !== null && <Observed presence={presence} />}
      </Facts>
    </Section>
  )
}

function Observed({ presence }: { presence: DevicePresence }) {
  const { beatSeconds, missedBeats, reconnects, skewMs } = presence
  return (
    <>
      <Fact name="Heartbeats">
        {beatSeconds === null ? null : `every ${secondsText(beatSeconds)}`}
      </Fact>
      <Fact name="Missed">
        <span className={missedBeats === 0 ? 'm-muted' : undefined}>
          {missedBeats === 0 ? 'none' : `${missedBeats} since it came online`}
        </span>
      </Fact>
      <Fact name="Clock">
        {skewMs === null ? null : (
          <span className={skewText({ presence }) === null ? undefined : styles.warning}>
            {skewText({ presence }) ?? 'right'}
          </span>
        )}
      </Fact>
      <Fact name="Came back">
        <span className={reconnects === 0 ? 'm-muted' : undefined}>{timesText(reconnects)}</span>
      </Fact>
    </>
  )
}

function FlappingNotice({ device }: { device: FleetDevice }) {
  const flapping = useTimeText(
    useCallback((now) => (isFlapping(device, now) ? 'yes' : ''), [device]),
  )
  const until = device.presence?.flappingUntil ?? null
  if (flapping === '' || until === null) return null
  return (
    <Notice tone="warn" title="It comes and goes">
      It went offline at least three times within ten minutes. Look at its power, its radio link,
      and whether a second device uses its id. The mark goes at <TimeOfDay at={until} /> if it
      stays.
    </Notice>
  )
}

function TimeOfDay({ at }: { at: string }) {
  const moment = Date.parse(at)
  const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
  return (
    <time dateTime={at} title={absoluteTime(moment)}>
      {time.format(moment)}
    </time>
  )
}

function leftText(device: FleetDevice, now: number): string {
  const left = ttlLeftMs(device, now)
  return left === null ? '' : `${Math.ceil(left / 1000)} s`
}

function secondsText(seconds: number): string {
  return seconds < 10 ? `${Math.round(seconds * 10) / 10} s` : `${Math.round(seconds)} s`
}

function timesText(times: number): string {
  if (times === 0) return 'never'
  return times === 1 ? 'once' : `${times.toLocaleString('en')} times`
}
