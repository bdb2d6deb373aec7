import { Anchor, Skeleton } from '@mantine/core'
import type { AuditLine } from '#shared/contract/audit.ts'
import { problemOf } from '../../../lib/problem.ts'
import { absoluteTime } from '../../../lib/time/format.ts'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { PanelBody, Section, SidePanel } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { useEntry } from '../api/get-entry.ts'
import { actionName, resultMark, shortKey } from '../audit-words.ts'
import styles from './audit-screen.module.css'

interface EntryPanelProps {
  readonly seq: number
  readonly onClose: () => void
  readonly onSelect: (seq: number) => void
  readonly onKey: (key: string) => void
}

/** Everything that one entry tells. */
export function EntryPanel({ seq, onClose, onSelect, onKey }: EntryPanelProps) {
  const entry = useEntry(seq)
  const line = entry.data
  return (
    <SidePanel
      label={`Entry ${seq}`}
      title={line === null || line === undefined ? `Entry ${seq}` : actionName(line.action)}
      subtitle={
        line === null || line === undefined ? undefined : <StateMark {...resultMark(line)} />
      }
      onClose={onClose}
    >
      <PanelBody focusKey={String(seq)}>
        {entry.isPending && <Skeleton height={160} radius="md" />}
        {entry.isError && <ProblemNotice problem={problemOf(entry.error)} />}
        {line === null && (
          <Notice tone="warn" title={`The log has no readable entry ${seq}`}>
            It is missing, or what stands there is no entry any more.
          </Notice>
        )}
        {line !== null && line !== undefined && (
          <EntryFacts line={line} onSelect={onSelect} onKey={onKey} />
        )}
      </PanelBody>
    </SidePanel>
  )
}

interface EntryFactsProps extends Pick<EntryPanelProps, 'onSelect' | 'onKey'> {
  readonly line: AuditLine
}

function EntryFacts({ line, onSelect, onKey }: EntryFactsProps) {
  const { key, begun } = line
  return (
    <>
      {line.interrupted && (
        <Notice tone="warn" title="How this ended is not known">
          Muster wrote this before it used the key, and was ended before it could write what came of
          it. The ledger and the servers show it; a procedure that was interrupted is taken up
          again.
        </Notice>
      )}
      <Section title="What happened">
        <Facts>
          <Fact name="Subject">
            <bdi className={styles.hash}>{line.subject}</bdi>
          </Fact>
          <Fact name="Reason">
            <bdi>{line.reason}</bdi>
          </Fact>
          <Fact name="Key">
            {key === null ? null : (
              <>
                <span className="m-mono" title={key}>
                  {shortKey(key)}
                </span>{' '}
                <CopyIcon text={key} what="public key" />{' '}
                <Anchor inherit component="button" type="button" onClick={() => onKey(key)}>
                  All its uses
                </Anchor>
              </>
            )}
          </Fact>
          <Fact name="Error">{line.code === null ? null : <code>{line.code}</code>}</Fact>
          <Fact name="Who">
            <bdi>{line.user}</bdi> on <bdi>{line.host}</bdi>
          </Fact>
          <Fact name="When">{absoluteTime(Date.parse(line.at))}</Fact>
          <Fact name="Begun">
            {begun === null ? null : (
              <Anchor inherit component="button" type="button" onClick={() => onSelect(begun)}>
                Entry {begun}
              </Anchor>
            )}
          </Fact>
        </Facts>
      </Section>
      <Section title="In the chain">
        <Facts>
          <Fact name="Number">{line.seq}</Fact>
          <Fact name="Hash">
            <span className={`m-mono ${styles.hash}`}>{line.hash}</span>
          </Fact>
          <Fact name="Before it">
            <span className={`m-mono ${styles.hash}`}>{line.previous}</span>
          </Fact>
        </Facts>
      </Section>
    </>
  )
}
