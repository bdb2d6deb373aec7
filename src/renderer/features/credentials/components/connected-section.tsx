import { Skeleton } from '@mantine/core'
import type { ServerConnection } from '#shared/contract/credentials.ts'
import { plural } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { SubjectText } from '../../../ui/subject-text.tsx'
import { SinceText } from '../../../ui/time-text.tsx'
import { useConnections } from '../api/get-connections.ts'
import styles from './credentials-screen.module.css'

/** Who is connected with the credential's key, as the servers say. */
export function ConnectedSection({ id }: { id: string }) {
  const look = useConnections(id)
  const connected = look.data
  return (
    <Section
      title="Connected now"
      aside={
        connected && (
          <span className="m-muted">
            {connected.servers} {plural(connected.servers, 'server')} asked
          </span>
        )
      }
    >
      {look.isPending && <Skeleton height={36} />}
      {look.isError && (
        <p className="m-muted" style={{ margin: 0 }}>
          Can not be seen now: {problemOf(look.error).message}
        </p>
      )}
      {connected?.total === 0 && (
        <p className="m-muted" style={{ margin: 0 }}>
          Nobody is connected with this key.
        </p>
      )}
      {connected !== undefined && <ConnectionList connections={connected.connections} />}
    </Section>
  )
}

/** Connections with what they listen to. */
export function ConnectionList({ connections }: { connections: readonly ServerConnection[] }) {
  return (
    <ul className={styles.items}>
      {connections.map(({ server, cid, name, address, since, subscriptions }) => (
        <li key={`${server} ${cid}`} className={styles.item}>
          <div className={styles.itemHead}>
            <DeviceText text={name === '' ? `Client ${cid}` : name} className="m-strong" />
            <span className="m-mono">{address}</span>
            {since !== null && <SinceText at={since} />}
          </div>
          {subscriptions.length > 0 && (
            <details>
              <summary className="m-muted">
                {subscriptions.length} {plural(subscriptions.length, 'subscription')}
              </summary>
              <ul className={styles.subjects}>
                {subscriptions.map((subject) => (
                  <li key={subject}>
                    <SubjectText subject={subject} />
                  </li>
                ))}
              </ul>
            </details>
          )}
        </li>
      ))}
    </ul>
  )
}
