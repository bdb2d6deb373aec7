import { Tooltip } from '@mantine/core'
import type { DiscoveryHealth } from '#shared/contract/discovery.ts'
import { Dot } from '../../../ui/state-mark.tsx'
import styles from './commission-screen.module.css'

/** On which interfaces Muster listens for devices, and where it cannot. */
export function ListeningLine({ health }: { health: DiscoveryHealth }) {
  const working = health.interfaces.filter(({ error }) => error === null)
  const broken = health.interfaces.filter(({ error }) => error !== null)
  const names = [...new Set(working.map(({ name }) => name))]
  return (
    <span className={styles.listening}>
      <Dot tone={working.length === 0 ? 'bad' : 'ok'} pulse={working.length > 0} />
      <span>
        {names.length === 0 ? 'Not listening on any network' : `Listening on ${names.join(', ')}`}
      </span>
      {broken.map(({ name, address, error }) => (
        <Tooltip key={`${name} ${address}`} label={error ?? ''} multiline maw={360}>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the reason must be reachable by keyboard */}
          <span className={styles.broken} tabIndex={0}>
            not on {name}
          </span>
        </Tooltip>
      ))}
    </span>
  )
}
