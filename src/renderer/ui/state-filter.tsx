import styles from './state-filter.module.css'
import { Dot, type Tone } from './state-mark.tsx'

interface StateChoice<State extends string> {
  readonly state: State
  readonly word: string
  /** Null for all states together. */
  readonly tone: Tone | null
}

interface StateFilterProps<State extends string> {
  /** What is shown by it, as a sentence. */
  readonly legend: string
  readonly choices: readonly StateChoice<State>[]
  /** How many are in a state; undefined until that is known. */
  readonly countOf: (state: State) => number | undefined
  readonly value: string
  readonly onChange: (state: State) => void
}

/** How many of a list are in which state; choosing one shows only those. */
export function StateFilter<State extends string>(props: StateFilterProps<State>) {
  const { legend, choices, countOf, value, onChange } = props
  return (
    <fieldset className={styles.filters}>
      <legend className="m-hidden">{legend}</legend>
      {choices.map(({ state, word, tone }) => (
        <button
          key={state}
          type="button"
          className={styles.filter}
          aria-pressed={value === state}
          onClick={() => onChange(state)}
        >
          {tone !== null && <Dot tone={tone} />}
          {word}
          <span className={styles.count}>{countOf(state)?.toLocaleString('en')}</span>
        </button>
      ))}
    </fieldset>
  )
}
