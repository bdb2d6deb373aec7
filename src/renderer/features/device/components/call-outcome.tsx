import { Button } from '@mantine/core'
import type { RpcOutcome } from '#shared/contract/rpc.ts'
import { prettyJson } from '../../../lib/json/tokens.ts'
import { durationText } from '../../../lib/time/format.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { JsonView } from '../../../ui/json-view.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { StateMark, type Tone } from '../../../ui/state-mark.tsx'
import styles from './functions-tab.module.css'

/** An outcome in two words and how long it took. */
export function outcomeWords(outcome: RpcOutcome): { word: string; tone: Tone; time: string } {
  if (outcome.type === 'timeout') {
    return { word: 'No answer', tone: 'warn', time: durationText(outcome.timeoutMs) }
  }
  const time = durationText(outcome.durationMs)
  if (outcome.type === 'result') return { word: 'Result', tone: 'ok', time }
  if (outcome.type === 'no-responder') return { word: 'Not connected', tone: 'bad', time }
  return { word: `Error ${outcome.code}`, tone: 'bad', time }
}

interface CallOutcomeProps {
  readonly outcome: RpcOutcome
  /** Queues the call for when the device is back. */
  readonly onQueue?: () => void
}

/** What a device answered, or that it did not. */
export function CallOutcome({ outcome, onQueue }: CallOutcomeProps) {
  const { word, tone, time } = outcomeWords(outcome)
  const json = jsonOf(outcome)
  return (
    <div className={styles.outcome}>
      <div className={styles.outcomeHead}>
        <StateMark tone={tone} word={word} />
        <span className="m-muted m-numbers">{time}</span>
        <span className={styles.space} />
        {json !== null && <CopyTextButton text={json} />}
      </div>
      {outcome.type === 'error' && (
        <Notice tone="bad" title={<bdi>{outcome.message}</bdi>}>
          The device refused the call or failed at it.
        </Notice>
      )}
      {outcome.type === 'no-responder' && (
        <Notice
          tone="bad"
          title="Nobody answers for this device"
          {...(onQueue === undefined
            ? {}
            : {
                actions: (
                  <Button size="xs" variant="default" onClick={onQueue}>
                    Queue it for when it is back
                  </Button>
                ),
              })}
        >
          It is not connected to the mesh now. Check whether it has power and network; the call did
          not reach it.
        </Notice>
      )}
      {outcome.type === 'timeout' && (
        <Notice tone="warn" title={`No answer within ${time}`}>
          The call may still have taken effect. Look at the device before you call again, or wait
          longer.
        </Notice>
      )}
      {json !== null && <JsonView json={json} label="Answer of the device" />}
    </div>
  )
}

function jsonOf(outcome: RpcOutcome): string | null {
  if (outcome.type === 'result') return prettyJson(outcome.result)
  if (outcome.type !== 'error' || outcome.data === undefined || outcome.data === null) return null
  return prettyJson(outcome.data)
}
