import styles from './state-mark.module.css'

export type Tone = 'ok' | 'warn' | 'bad' | 'off' | 'busy' | 'info'

/** A coloured dot. Colour never stands alone: a word or a label goes with it. */
export function Dot({ tone, pulse = false }: { tone: Tone; pulse?: boolean }) {
  return <span aria-hidden className={styles.dot} data-tone={tone} data-pulse={pulse} />
}

/** A state as dot and word. */
export function StateMark({ tone, word }: { tone: Tone; word: string }) {
  return (
    <span className={styles.mark} data-tone={tone}>
      <Dot tone={tone} pulse={tone === 'busy'} />
      <span className="m-truncate">{word}</span>
    </span>
  )
}
