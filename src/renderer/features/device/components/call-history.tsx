import type { DeviceAddress } from '#shared/contract/fleet.ts'
import { prettyJson } from '../../../lib/json/tokens.ts'
import { fleetKey } from '../../../lib/live/fleet-state.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { JsonView } from '../../../ui/json-view.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useCallHistory, type PastCall } from '../hooks/use-call-history.ts'
import { CallOutcome, outcomeWords } from './call-outcome.tsx'
import styles from './functions-tab.module.css'

const NONE: readonly PastCall[] = []

/** The calls to this device since the window opened. */
export function CallHistory({ address }: { address: DeviceAddress }) {
  const calls = useCallHistory((state) => state.byDevice[fleetKey(address)] ?? NONE)
  if (calls.length === 0) return null
  return (
    <Section title="Calls in this session">
      <ul className={styles.history}>
        {calls.map((call) => (
          <PastCallRow key={call.id} call={call} />
        ))}
      </ul>
    </Section>
  )
}

function PastCallRow({ call }: { call: PastCall }) {
  const { functionName, outcome, problem, params, at } = call
  const words = outcome === null ? null : outcomeWords(outcome)
  return (
    <li className={styles.past}>
      <details>
        <summary>
          <DeviceText text={functionName} mono />
          <StateMark tone={words?.tone ?? 'bad'} word={words?.word ?? 'Not made'} />
          <span className={`m-numbers ${styles.pastTime ?? ''}`}>{words?.time ?? ''}</span>
          <span className={styles.pastTime}>
            <TimeText at={at} />
          </span>
        </summary>
        <div className={styles.pastBody}>
          <JsonView json={prettyJson(params)} label="Parameters of the call" />
          {outcome !== null && <CallOutcome outcome={outcome} />}
          {problem !== null && <ProblemNotice problem={problem} />}
        </div>
      </details>
    </li>
  )
}
