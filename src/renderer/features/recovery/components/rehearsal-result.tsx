import { Button, Group } from '@mantine/core'
import type { Rehearsal } from '#shared/contract/recovery.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { Notice } from '../../../ui/notice.tsx'
import styles from './recovery.module.css'

/** What a rehearsal showed. */
export function RehearsalResult({ result, onClose }: { result: Rehearsal; onClose: () => void }) {
  const complete = result.missing.length === 0
  return (
    <div className={styles.dialog}>
      <Notice
        tone={complete ? 'ok' : 'warn'}
        title={complete ? 'This kit would bring the fleet back' : 'This kit is not complete'}
      >
        {complete
          ? `${result.keys.length} keys were restored, and each signed a test token that verified.`
          : `It works, but lacks the identity keys of ${namesOf(result)}. Make a new one.`}
      </Notice>
      <ul className={styles.keys}>
        {result.keys.map((key) => (
          <li key={key.publicKey}>
            <span className={styles.holder}>{key.holder}</span>
            <span className={styles.hint}>{key.purpose} key</span>
            <code className="m-truncate">{key.publicKey}</code>
            <span>{key.outcome === 'signs' ? 'signs' : 'signs, not in use here'}</span>
          </li>
        ))}
      </ul>
      <Group justify="flex-end">
        <CopyTextButton text={textOf(result)} label="Copy result" />
        <Button onClick={onClose}>Close</Button>
      </Group>
    </div>
  )
}

function namesOf(result: Rehearsal): string {
  return result.missing.map(({ holder }) => holder).join(', ')
}

function textOf(result: Rehearsal): string {
  const lines = result.keys.map(
    ({ holder, purpose, publicKey, outcome }) => `${outcome}\t${holder}\t${purpose}\t${publicKey}`,
  )
  const missing = result.missing.map(
    ({ holder, publicKey }) => `missing\t${holder}\t\t${publicKey}`,
  )
  return [
    `Rehearsal of the recovery kit of ${result.createdAt}, ${result.at}`,
    ...lines,
    ...missing,
  ].join('\n')
}
