import type { KeyboardEvent } from 'react'
import type { CellState } from '#shared/contract/isolation.ts'
import { CELL_MARKS, CELL_WORDS } from '../isolation-words.ts'
import styles from './proof-matrix.module.css'

export interface PairPlace {
  readonly attacker: number
  readonly victim: number
}

interface ProofMatrixProps {
  readonly tenants: readonly { readonly name: string; readonly isolation: 'account' | 'shared' }[]
  /** Rows are attackers. */
  readonly cells: readonly (readonly CellState[])[]
  /** Given, pairs can be chosen by mouse and arrow keys. */
  readonly onChoose?: (place: PairPlace) => void
  readonly chosen?: PairPlace | null
}

/** From so many tenants on, cells are smaller. */
const DENSE_FROM = 26

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

/** Attackers by victims: colour and mark say what came of each pair. */
export function ProofMatrix({ tenants, cells, onChoose, chosen = null }: ProofMatrixProps) {
  const choose = (attacker: number, victim: number) => {
    if (cells[attacker]?.[victim] !== undefined) onChoose?.({ attacker, victim })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const move = MOVES[event.key]
    if (move === undefined || onChoose === undefined) return
    event.preventDefault()
    const from = chosen ?? { attacker: 0, victim: -1 }
    choose(from.attacker + move[0], from.victim + move[1])
  }
  return (
    <div className={styles.scroll}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a table whose cells can be chosen is a grid */}
      <table
        className={styles.matrix}
        data-dense={tenants.length > DENSE_FROM}
        role={onChoose === undefined ? undefined : 'grid'}
        aria-label="Attackers by victims"
        tabIndex={onChoose === undefined ? undefined : 0}
        aria-activedescendant={chosen === null ? undefined : cellId(chosen)}
        onKeyDown={onKeyDown}
      >
        <thead>
          <tr>
            <td className={styles.corner}>attacks →</td>
            {tenants.map(({ name }, index) => (
              <th
                key={name}
                scope="col"
                className={styles.column}
                data-lit={chosen?.victim === index}
                title={name}
              >
                {index + 1}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tenants.map(({ name, isolation }, attacker) => (
            <tr key={name}>
              <th
                scope="row"
                className={styles.row}
                data-lit={chosen?.attacker === attacker}
                title={isolation === 'shared' ? `${name}, in a shared account` : name}
              >
                <span className={styles.number}>{attacker + 1}</span>
                <bdi className={styles.name}>{name}</bdi>
                {isolation === 'shared' && <span className={styles.shared}>shared</span>}
              </th>
              {tenants.map(({ name: other }, victim) => {
                const state = cells[attacker]?.[victim] ?? 'waiting'
                const words =
                  state === 'self' ? name : `${name} against ${other}: ${CELL_WORDS[state]}`
                return (
                  <td
                    key={other}
                    id={cellId({ attacker, victim })}
                    className={styles.cell}
                    data-state={state}
                    data-chosen={chosen?.attacker === attacker && chosen.victim === victim}
                    data-choosable={onChoose !== undefined}
                    aria-label={words}
                    title={words}
                    onClick={() => choose(attacker, victim)}
                  >
                    {CELL_MARKS[state]}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const LEGEND: readonly CellState[] = ['passed', 'failed', 'inconclusive', 'running', 'waiting']

/** What the marks mean, those that can be there. */
export function MatrixLegend({ live }: { live: boolean }) {
  const shown = live ? LEGEND : LEGEND.slice(0, 3)
  return (
    <ul className={styles.legend}>
      {shown.map((state) => (
        <li key={state}>
          <span className={styles.cell} data-state={state} aria-hidden>
            {CELL_MARKS[state]}
          </span>
          {CELL_WORDS[state]}
        </li>
      ))}
    </ul>
  )
}

function cellId({ attacker, victim }: PairPlace): string {
  return `pair-${attacker}-${victim}`
}
