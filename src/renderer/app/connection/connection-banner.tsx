import { Button } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import { useApi, useConnectionState } from '../../lib/connection/api-context.ts'
import styles from './connection.module.css'

/** Tells that main is out of reach while the window still shows what it knew. */
export function ConnectionBanner() {
  const state = useConnectionState()
  const { connection } = useApi()
  const lost = state.phase === 'lost' && state.everOpen
  return (
    <div role="status" aria-live="polite" className={styles.bannerPlace}>
      {lost && (
        <div className={styles.banner}>
          <IconPlugConnectedX size={17} stroke={1.75} aria-hidden />
          <span>Connection to Muster lost, reconnecting…</span>
          <Button
            size="compact-xs"
            variant="white"
            color="dark"
            onClick={() => connection.retryNow()}
          >
            Try now
          </Button>
        </div>
      )}
    </div>
  )
}
