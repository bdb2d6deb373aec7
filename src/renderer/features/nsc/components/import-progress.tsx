import type { ReactNode } from 'react'
import { Button, Loader } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import type { NscImport } from '#shared/contract/nsc.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useCancelImport } from '../api/cancel-import.ts'
import { STEP_WORDS } from '../nsc-words.ts'
import styles from './nsc.module.css'

interface ImportProgressProps {
  readonly done: NscImport
  readonly onLeave: () => void
  /** What to do once it is done; without, one just leaves. */
  readonly next: ReactNode | undefined
}

/** How an import goes, and what came of it. */
export function ImportProgress({ done, onLeave, next }: ImportProgressProps) {
  const cancel = useCancelImport()
  const { operatorName, state, steps, problem } = done
  return (
    <section className={styles.progress} aria-label="Import" aria-busy={state === 'running'}>
      <div role="status">
        <h3 className={styles.operatorName}>
          {state === 'running' ? 'Importing ' : state === 'done' ? 'Imported ' : 'Not imported: '}
          <bdi>{operatorName}</bdi>
        </h3>
      </div>
      {problem !== null && <ProblemNotice problem={problem} />}
      <ol className={styles.steps}>
        {steps.map((step) => (
          <li key={step.name} data-state={step.state}>
            <span className={styles.mark}>
              <StepIcon state={step.state} />
            </span>
            {STEP_WORDS[step.name] ?? step.name}
          </li>
        ))}
      </ol>
      {done.result !== null && <Result name={operatorName} result={done.result} />}
      {cancel.isError && <ProblemNotice problem={problemOf(cancel.error)} />}
      <div className={styles.buttons}>
        {state === 'running' && (
          <Button
            variant="default"
            loading={cancel.isPending}
            onClick={() => cancel.mutate(undefined)}
          >
            Cancel
          </Button>
        )}
        {state === 'failed' && (
          <Button variant="default" onClick={onLeave}>
            Look at the store again
          </Button>
        )}
        {state === 'done' && (next ?? <Button onClick={onLeave}>Done</Button>)}
      </div>
    </section>
  )
}

function Result({ name, result }: { name: string; result: NonNullable<NscImport['result']> }) {
  const { tenants, accounts, credentials, keys, removed, kept } = result
  const files = removed === null ? 'Kept where they are' : `${removed} overwritten and deleted`
  const text = [
    `Operator ${name} imported`,
    `${counted(accounts, 'account')}, ${counted(tenants, 'tenant')}, ${counted(credentials, 'credential')}`,
    `${counted(keys, 'private key')} in the keychain, each read back`,
    `Key files: ${files}`,
    ...kept.map((path) => `Had to stay: ${path}`),
  ].join('\n')
  return (
    <>
      <Facts>
        <Fact name="Accounts">{accounts.toLocaleString('en')}</Fact>
        <Fact name="Tenants">{tenants.toLocaleString('en')}</Fact>
        <Fact name="Credentials">{`${credentials.toLocaleString('en')} in the ledger`}</Fact>
        <Fact name="Private keys">{`${keys} in the keychain, each read back`}</Fact>
        <Fact name="Key files">{files}</Fact>
      </Facts>
      <div>
        <CopyTextButton text={text} label="Copy the result" />
      </div>
      {kept.length > 0 && (
        <Notice
          tone="warn"
          title={`${counted(kept.length, 'key file')} had to stay: the keychain did not give the key back, or the file could not be written.`}
        >
          <span className={styles.paths}>
            {kept.map((path) => (
              <DeviceText key={path} text={path} mono wrap />
            ))}
          </span>
        </Notice>
      )}
    </>
  )
}

function StepIcon({ state }: { state: NscImport['steps'][number]['state'] }) {
  if (state === 'running' || state === 'undoing') return <Loader size={15} />
  if (state === 'done') return <IconCheck size={14} stroke={2.5} aria-hidden />
  if (state === 'failed' || state === 'undo-failed') {
    return <IconX size={14} stroke={2.5} aria-hidden />
  }
  return null
}
