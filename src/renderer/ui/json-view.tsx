import { useMemo } from 'react'
import { jsonTokens } from '../lib/json/tokens.ts'
import styles from './json-view.module.css'

/** Above this many characters text is shown without colours, so that it stays quick. */
const MAX_COLOURED = 100_000
/** What is shown at most; the copy button still gives everything. */
const MAX_SHOWN = 1_000_000

/** JSON text in colours, scrollable in both directions. */
export function JsonView({ json, label }: { json: string; label: string }) {
  const shown = json.length > MAX_SHOWN ? json.slice(0, MAX_SHOWN) : json
  const tokens = useMemo(() => (shown.length > MAX_COLOURED ? null : jsonTokens(shown)), [shown])
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <pre className={styles.json} tabIndex={0} role="region" aria-label={label} dir="ltr">
      {tokens === null
        ? shown
        : tokens.map(({ kind, text, at }) => (
            <span key={at} data-kind={kind}>
              {text}
            </span>
          ))}
      {shown.length < json.length && `\n… ${json.length - shown.length} more characters`}
    </pre>
  )
}
