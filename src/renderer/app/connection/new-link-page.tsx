import { Logo } from '../../ui/logo.tsx'
import styles from './connection.module.css'

/** Shown instead of everything when the browser host knows neither token nor cookie. */
export function NewLinkPage() {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Logo size={44} />
        <h1>This link no longer opens Muster</h1>
        <p>
          A link works once, and only until Muster is started again. That keeps other programs and
          pages on this computer out.
        </p>
        <ol className={styles.steps}>
          <li>Go to the terminal that runs Muster.</li>
          <li>
            Press <code>Enter</code> there; it shows another link. If it has ended, start it again
            with <code>npm start</code>.
          </li>
          <li>Open that link in this browser.</li>
        </ol>
      </div>
    </main>
  )
}
