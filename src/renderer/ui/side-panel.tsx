import type { KeyboardEvent, ReactNode } from 'react'
import { ActionIcon, Tooltip } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import styles from './side-panel.module.css'
import { useRescuedFocus, useReturnedFocus } from './use-rescued-focus.ts'

interface SidePanelProps {
  readonly title: ReactNode
  readonly subtitle?: ReactNode
  /** Buttons beside the close button. */
  readonly actions?: ReactNode
  readonly label: string
  readonly onClose: () => void
  readonly children: ReactNode
}

// Escape that closes a dialog or a list of choices is not meant for the panel around it.
function isForPanel(event: KeyboardEvent<HTMLElement>): boolean {
  const { target, currentTarget, defaultPrevented } = event
  if (defaultPrevented || !(target instanceof HTMLElement)) return false
  const opensChoices =
    target.hasAttribute('aria-haspopup') && target.getAttribute('aria-expanded') === 'true'
  return currentTarget.contains(target) && !opensChoices
}

/** Details beside a list. Where there is no room for both it takes the place of the list. */
export function SidePanel(props: SidePanelProps) {
  const { title, subtitle, actions, label, onClose, children } = props
  useReturnedFocus()
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape closes it from anywhere inside
    <aside
      className={styles.panel}
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && isForPanel(event)) onClose()
      }}
    >
      <header className={styles.header}>
        <div className={styles.heading}>
          <h2 className={styles.title}>{title}</h2>
          {subtitle !== undefined && <div className={styles.subtitle}>{subtitle}</div>}
        </div>
        <div className={styles.actions}>
          {actions}
          <Tooltip label="Close (Esc)">
            <ActionIcon size="lg" onClick={onClose} aria-label="Close details">
              <IconX size={18} />
            </ActionIcon>
          </Tooltip>
        </div>
      </header>
      {children}
    </aside>
  )
}

interface PanelBodyProps {
  readonly children: ReactNode
  /** What is shown now: when it changes and the focus was on what left, the body gets it. */
  readonly focusKey?: string
}

/** The scrolling part of a SidePanel. */
export function PanelBody({ children, focusKey = '' }: PanelBodyProps) {
  const body = useRescuedFocus<HTMLDivElement>(focusKey)
  return (
    <div className={styles.body} ref={body} tabIndex={-1}>
      {children}
    </div>
  )
}

/** A titled block in a panel or on a page. */
export function Section({
  title,
  aside,
  children,
}: {
  title: string
  aside?: ReactNode
  children: ReactNode
}) {
  return (
    <section className={styles.section}>
      <div className={styles.sectionHead}>
        <h3 className={styles.sectionTitle}>{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  )
}
