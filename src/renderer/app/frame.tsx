import { Outlet } from '@tanstack/react-router'
import { useConnectionState } from '../lib/connection/api-context.ts'
import { useKeychain } from '../lib/live/keychain.ts'
import { useMesh } from '../lib/live/mesh.ts'
import { ConnectionBanner } from './connection/connection-banner.tsx'
import { NewLinkPage } from './connection/new-link-page.tsx'
import { StartingPage } from './connection/starting-page.tsx'
import { FirstRun } from './first-run/first-run.tsx'
import { UnlockPage } from './first-run/unlock-page.tsx'
import { Shell } from './shell/shell.tsx'
import { Streams } from './streams.tsx'
import { useUiState } from './ui-state.ts'
import { useThemeSetting } from './use-theme-setting.ts'
import { useWasOpen } from './use-was-open.ts'

/** Decides what the window shows: what it waits for, the first-run steps, or the app itself. */
export function Frame() {
  return (
    <>
      <Streams />
      <ConnectionBanner />
      <Content />
    </>
  )
}

function Content() {
  useThemeSetting()
  const connection = useConnectionState()
  const keychain = useKeychain()
  const mesh = useMesh()
  const firstRunOpen = useUiState((state) => state.firstRunOpen)
  const wasOpen = useWasOpen(keychain)
  if (connection.phase === 'refused') return <NewLinkPage />
  if (keychain === undefined || mesh === undefined) return <StartingPage />
  if (mesh.kind === 'none' || firstRunOpen) return <FirstRun keychain={keychain} mesh={mesh} />
  // A keychain that locks later must not take the screen away: health tells of it then.
  if (keychain.state !== 'open' && !wasOpen) return <UnlockPage status={keychain} />
  return (
    <Shell>
      <Outlet />
    </Shell>
  )
}
