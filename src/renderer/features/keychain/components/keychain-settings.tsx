import { useState } from 'react'
import { Button } from '@mantine/core'
import type { KeychainStatus } from '#shared/contract/keychain.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { useRetryKeychain } from '../api/retry-keychain.ts'
import { ChangePassphraseDialog } from './change-passphrase-dialog.tsx'
import { mayBeLost } from './keychain-step.tsx'
import { StartOver } from './start-over.tsx'
import { UnlockForm } from './unlock-form.tsx'

const BACKENDS: Readonly<Record<'os' | 'vault' | 'memory', string>> = {
  os: 'Keychain of the operating system',
  vault: 'Vault file with a passphrase',
  memory: 'Memory only (demo)',
}

/** Where the keys are and whether Muster can read them. */
export function KeychainSettings({ status }: { status: KeychainStatus }) {
  const retry = useRetryKeychain()
  const [changing, setChanging] = useState(false)
  const isOpen = status.state === 'open'
  const isLockedVault = status.state === 'locked' && status.backend === 'vault'
  return (
    <SettingGroup title="Keychain">
      <SettingRow
        name={status.backend === null ? 'Keychain' : BACKENDS[status.backend]}
        help={[status.summary, status.advice].filter((text) => text !== '').join(' ')}
        below={
          retry.isError ? (
            <ProblemNotice problem={problemOf(retry.error)} />
          ) : isLockedVault ? (
            <>
              <UnlockForm />
              <StartOver />
            </>
          ) : mayBeLost(status) ? (
            <StartOver />
          ) : undefined
        }
      >
        <StateMark tone={isOpen ? 'ok' : 'bad'} word={isOpen ? 'Open' : 'Closed'} />
        {isOpen && status.backend === 'vault' && (
          <Button variant="default" size="xs" onClick={() => setChanging(true)}>
            Change passphrase…
          </Button>
        )}
        {!isOpen && !isLockedVault && (
          <Button
            variant="default"
            size="xs"
            loading={retry.isPending}
            onClick={() => retry.mutate()}
          >
            Try again
          </Button>
        )}
      </SettingRow>
      <ChangePassphraseDialog opened={changing} onClose={() => setChanging(false)} />
    </SettingGroup>
  )
}
