import { Button, Loader } from '@mantine/core'
import { useTimeout } from '@mantine/hooks'
import { useState } from 'react'
import { useApi, useConnectionState } from '../../lib/connection/api-context.ts'
import { Logo } from '../../ui/logo.tsx'
import styles from './connection.module.css'

/** Waiting for longer than this is worth a word. */
const SLOW_AFTER_MS = 4_000

/** Shown until main told what there is. */
export function StartingPage() {
  const state = useConnectionState()
  const { connection } = useApi()
  const [slow, setSlow] = useState(false)
  useTimeout(() => setSlow(true), SLOW_AFTER_MS, { autoInvoke: true })
  const lost = state.phase === 'lost'
  return (
    <main className={styles.page} aria-busy="true">
      <div className={styles.card}>
        <Logo size={44} />
        <h1>{lost ? 'Muster does not answer' : 'Starting Muster'}</h1>
        <p>
          {lost
            ? 'This window connects by itself as soon as Muster runs. If it was stopped, start it again.'
            : 'Opening the keychain and the mesh.'}
        </p>
        <div className={styles.waiting} role="status">
          <Loader size="sm" type="dots" color="gray" />
          {lost && <span>Trying again…</span>}
          {!lost && slow && <span>This takes longer than usual.</span>}
        </div>
        {lost && (
          <Button variant="default" size="xs" onClick={() => connection.retryNow()}>
            Try now
          </Button>
        )}
      </div>
    </main>
  )
}
