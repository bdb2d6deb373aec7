import type { ResolverServer } from '#shared/contract/resolver.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import styles from './resolver.module.css'

/** The servers that answered, each with what it has. */
export function ServerList({ servers }: { servers: readonly ResolverServer[] }) {
  return (
    <ul className={styles.servers} aria-label="Servers">
      {servers.map((server) => (
        <li key={server.id} className={styles.server} data-tone={toneOf(server)}>
          <span className={styles.serverName}>
            <DeviceText text={server.name} />
            <span className="m-muted m-numbers">{server.version}</span>
          </span>
          <bdi className={styles.serverFacts}>
            {server.cluster === null ? server.host : `${server.cluster} · ${server.host}`}
          </bdi>
          <span className={styles.counts}>
            <StateMark tone="ok" word={`${server.inStep} in step`} />
            {server.missing > 0 && <StateMark tone="warn" word={`${server.missing} missing`} />}
            {server.different > 0 && (
              <StateMark tone="warn" word={`${server.different} different`} />
            )}
            {server.foreign > 0 && <StateMark tone="bad" word={`${server.foreign} foreign`} />}
          </span>
        </li>
      ))}
    </ul>
  )
}

function toneOf({ foreign, missing, different }: ResolverServer): 'ok' | 'warn' | 'bad' {
  if (foreign > 0) return 'bad'
  return missing + different > 0 ? 'warn' : 'ok'
}
