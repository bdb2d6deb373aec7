import type { KeychainStatus } from '#shared/contract/keychain.ts'
import { KeychainStep, keychainHeading } from '../../features/keychain/components/keychain-step.tsx'
import { StepPage } from './step-page.tsx'

/** Stands before everything else until the keys of this profile can be read. */
export function UnlockPage({ status }: { status: KeychainStatus }) {
  const { title, text } = keychainHeading(status)
  return (
    <StepPage step={null} title={title} text={text}>
      <KeychainStep status={status} />
    </StepPage>
  )
}
