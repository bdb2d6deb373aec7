import type { HealthComponent, Notice } from '#shared/contract/health.ts'
import type { HealthState } from '../../../lib/live/health.ts'
import { Dot, StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { COMPONENT_NAMES, COMPONENT_ORDER, STATE_WORDS } from '../health-words.ts'
import styles from './health-list.module.css'

/** Notices shown below the parts; older ones stand in the log. */
const SHOWN_NOTICES = 20

export const NOTICE_TONES: Readonly<Record<Notice['level'], Tone>> = {
  info: 'info',
  success: 'ok',
  warning: 'warn',
  error: 'bad',
}

/** Each part with its state and a sentence, then what happened lately. */
export function HealthList({ health }: { health: HealthState }) {
  const notices = health.notices.slice(-SHOWN_NOTICES).toReversed()
  return (
    <div className={styles.health}>
      <h2 className={styles.title}>Health</h2>
      <ul className={styles.parts}>
        {COMPONENT_ORDER.flatMap((name) =>
          health.components
            .filter((component) => component.name === name)
            .map((component) => <Part key={name} component={component} />),
        )}
      </ul>
      {notices.length > 0 && (
        <>
          <h2 className={styles.title}>What happened</h2>
          <ul className={styles.notices}>
            {notices.map((notice) => (
              <li key={notice.id} className={styles.notice}>
                <Dot tone={NOTICE_TONES[notice.level]} />
                <div className={styles.noticeText}>
                  <div>
                    <strong>{notice.title}</strong>
                    <span className={styles.time}>
                      <TimeText at={notice.at} />
                    </span>
                  </div>
                  <bdi className="m-muted">{notice.text}</bdi>
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

function Part({ component }: { component: HealthComponent }) {
  const { word, tone } = STATE_WORDS[component.state]
  return (
    <li className={styles.part}>
      <div className={styles.partHead}>
        <strong>{COMPONENT_NAMES[component.name]}</strong>
        <StateMark tone={tone} word={word} />
      </div>
      <bdi className="m-muted">{component.problem?.message ?? component.summary}</bdi>
      {component.problem !== null && (
        <bdi className={styles.advice}>{component.problem.advice}</bdi>
      )}
    </li>
  )
}
