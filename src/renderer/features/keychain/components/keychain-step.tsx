import type { KeychainStatus } from '#shared/contract/keychain.ts'
import { CreateVaultForm } from './create-vault-form.tsx'
import { RetryKeychain } from './retry-keychain.tsx'
import { StartOver } from './start-over.tsx'
import { UnlockForm } from './unlock-form.tsx'

/** What the person has to do until Muster can keep and read its keys. */
export function KeychainStep({ status }: { status: KeychainStatus }) {
  if (status.state === 'locked' && status.backend === 'vault') {
    return (
      <>
        <UnlockForm />
        <StartOver />
      </>
    )
  }
  // Once keys are somewhere, a second place would part them.
  const canHaveVault = status.backend === null
  return (
    <>
      {status.state !== 'uninitialised' && <RetryKeychain status={status} />}
      {canHaveVault && <CreateVaultForm alternative={status.state !== 'uninitialised'} />}
      {mayBeLost(status) && <StartOver />}
    </>
  )
}

/** Keys in the system's own keychain that only can't be reached now are not lost. */
export function mayBeLost({ state, backend }: KeychainStatus): boolean {
  return state === 'changed' || (state === 'locked' && backend === 'vault')
}

/** Heading and introduction that fit the state. */
export function keychainHeading(status: KeychainStatus): { title: string; text: string } {
  if (status.state === 'locked' && status.backend === 'vault') {
    return {
      title: 'Unlock the vault',
      text: [status.summary, status.advice].join(' '),
    }
  }
  if (status.state === 'uninitialised') {
    return {
      title: 'Create a vault for the keys',
      text: 'This computer offers no keychain that lasts, so Muster keeps its keys in a file encrypted with your passphrase.',
    }
  }
  return { title: 'Muster needs the keychain', text: status.summary }
}
