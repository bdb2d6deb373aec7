import { useState } from 'react'
import { Button, Modal } from '@mantine/core'
import type { QueuedCommand } from '#shared/contract/queue.ts'
import { prettyJson } from '../../../lib/json/tokens.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { JsonView } from '../../../ui/json-view.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useCancelCommand, useDiscardCommand, useRequeueCommand } from '../api/queue-command.ts'
import {
  attemptsText,
  COMMAND_STATES,
  DEFAULT_EXPIRY,
  isWaiting,
  STATE_MEANS,
} from '../queue-words.ts'
import { ExpirySelect } from './expiry-select.tsx'
import styles from './queue-tab.module.css'

interface CommandDialogProps {
  readonly command: QueuedCommand
  readonly onClose: () => void
}

/** One command: what it asks for, how it stands, and what can be done about it. */
export function CommandDialog({ command, onClose }: CommandDialogProps) {
  const { state, error, result } = command
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={<DeviceText text={command.functionName} mono wrap />}
    >
      <div className={styles.dialog}>
        <div>
          <StateMark {...COMMAND_STATES[state]} />
          <p className="m-muted" style={{ margin: '0.25rem 0 0' }}>
            {STATE_MEANS[state]}
          </p>
        </div>
        {command.mayHaveRun && (
          <Notice tone="warn" title="The device had it already when it was taken out">
            It may have been carried out. Look at the device.
          </Notice>
        )}
        {error !== null && (isWaiting(command) || state === 'failed' || state === 'discarded') && (
          <Notice tone="bad" title={<bdi>{error.message || 'The device gave no reason.'}</bdi>}>
            {isWaiting(command) ? 'The device said so at its last attempt.' : `Code ${error.code}`}
          </Notice>
        )}
        <Times command={command} />
        <Section title="Parameters" aside={<CopyTextButton text={prettyJson(command.params)} />}>
          <JsonView json={prettyJson(command.params)} label="Parameters of the command" />
        </Section>
        {result !== null && (
          <Section title="Result" aside={<CopyTextButton text={prettyJson(result.value)} />}>
            <JsonView json={prettyJson(result.value)} label="Result of the command" />
          </Section>
        )}
        {isWaiting(command) && <Actions command={command} />}
      </div>
    </Modal>
  )
}

function Times({ command }: { command: QueuedCommand }) {
  return (
    <Facts>
      <Fact name="Queued">
        <TimeText at={command.enqueuedAt} />
      </Fact>
      <Fact name="By">
        <DeviceText text={command.elsewhere ? `${command.by}, elsewhere` : command.by} />
      </Fact>
      <Fact name="Attempts">{attemptsText(command)}</Fact>
      <Fact name="Expires">
        {isWaiting(command) ? <TimeText at={command.deadline} none="Never" /> : null}
      </Fact>
      <Fact name="Ended">
        {command.endedAt === null ? null : <TimeText at={command.endedAt} />}
      </Fact>
    </Facts>
  )
}

function Actions({ command }: { command: QueuedCommand }) {
  const { tenant, id, state } = command
  const cancel = useCancelCommand()
  const discard = useDiscardCommand()
  const requeue = useRequeueCommand()
  const [expiry, setExpiry] = useState(DEFAULT_EXPIRY)
  const failed = [cancel, discard, requeue].find(({ isError }) => isError)
  return (
    <>
      {failed?.error && <ProblemNotice problem={problemOf(failed.error)} />}
      <div className={styles.actions}>
        {state === 'dead' ? (
          <>
            <Button
              variant="default"
              color="red"
              loading={discard.isPending}
              onClick={() => discard.mutate({ tenant, id })}
            >
              Discard
            </Button>
            <span className={styles.space} />
            <ExpirySelect value={expiry} onChange={setExpiry} />
            <Button
              loading={requeue.isPending}
              onClick={() => requeue.mutate({ tenant, id, expiresInMs: Number(expiry) })}
            >
              Queue again
            </Button>
          </>
        ) : (
          <Button
            variant="default"
            loading={cancel.isPending}
            onClick={() => cancel.mutate({ tenant, id })}
          >
            Cancel this command
          </Button>
        )}
      </div>
    </>
  )
}
