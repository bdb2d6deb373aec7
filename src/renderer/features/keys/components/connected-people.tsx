import type { KeyImpact } from '#shared/contract/keys.ts'
import { counted } from '../../../lib/counted.ts'
import styles from './keys.module.css'

/** Who would be cut off, by name. */
export function ConnectedPeople({ connected }: Pick<KeyImpact, 'connected'>) {
  if (connected === null) {
    return <p className={styles.hint}>Who is connected by it now could not be seen.</p>
  }
  if (connected.length === 0) return <p className={styles.hint}>Nobody is connected by it now.</p>
  return (
    <div>
      <p className={styles.hint}>{counted(connected.length, 'connection')} by it now:</p>
      <ul className={styles.people} aria-label="Connected now">
        {connected.map(({ name, tenant, address }) => (
          <li key={`${name} ${address}`}>
            <span>
              <bdi>{name}</bdi>
              {tenant !== null && <span className="m-muted"> in {tenant}</span>}
            </span>
            <span className="m-muted">{address}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
