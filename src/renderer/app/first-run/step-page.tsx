import { useEffect, useRef, type ReactNode } from 'react'
import { Button } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { Logo } from '../../ui/logo.tsx'
import styles from './first-run.module.css'

const STEPS = ['Choose', 'Keychain', 'Mesh', 'Ready'] as const

interface StepPageProps {
  /** From 1; null where the page is no step of the first run. */
  readonly step: number | null
  readonly title: string
  readonly text: string
  readonly onBack?: () => void
  /** Room for a table. */
  readonly wide?: boolean
  readonly children: ReactNode
}

/** One step of the first run: where one is, what it is about, what to do. */
export function StepPage({ step, title, text, onBack, wide = false, children }: StepPageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  // Whoever listens to the screen is told of the new step; the first one just loads.
  const spoken = step === 1 || step === null ? null : title
  useEffect(() => {
    if (spoken !== null) heading.current?.focus()
  }, [spoken])
  return (
    <main className={styles.page}>
      <div className={styles.column} data-wide={wide}>
        <div className={styles.top}>
          <span className={styles.brand}>
            <Logo size={26} />
            Muster
          </span>
          {step !== null && <Progress step={step} />}
        </div>
        <div className={styles.card}>
          <h1 className={styles.title} tabIndex={-1} ref={heading}>
            {title}
          </h1>
          <p className={styles.text}>{text}</p>
          {children}
          {onBack !== undefined && (
            <Button
              className={styles.back ?? ''}
              variant="subtle"
              color="gray"
              leftSection={<IconArrowLeft size={16} />}
              onClick={onBack}
            >
              Back
            </Button>
          )}
        </div>
      </div>
    </main>
  )
}

function Progress({ step }: { step: number }) {
  return (
    <ol className={styles.progress} aria-label={`Step ${step} of ${STEPS.length}`}>
      {STEPS.map((name, index) => (
        <li
          key={name}
          className={styles.progressStep}
          data-state={index + 1 < step ? 'done' : index + 1 === step ? 'now' : 'later'}
          aria-current={index + 1 === step ? 'step' : undefined}
        >
          {name}
        </li>
      ))}
    </ol>
  )
}
