import type { ReactNode } from 'react'
import { IconAlertTriangle, IconInfoCircle, IconX } from '@tabler/icons-react'
import type { Problem } from '#shared/contract/common.ts'
import styles from './notice.module.css'

interface NoticeProps {
  readonly tone: 'bad' | 'warn' | 'info' | 'ok'
  readonly title?: ReactNode
  readonly children?: ReactNode
  /** Buttons below the text. */
  readonly actions?: ReactNode
  /** Told at once to people who listen to the screen. */
  readonly urgent?: boolean
  readonly onClose?: () => void
}

/** A box that tells something about what stands around it. */
export function Notice({ tone, title, children, actions, urgent = false, onClose }: NoticeProps) {
  const Icon = tone === 'bad' || tone === 'warn' ? IconAlertTriangle : IconInfoCircle
  return (
    <div className={styles.notice} data-tone={tone} role={urgent ? 'alert' : 'note'}>
      <Icon className={styles.icon} size={18} stroke={1.75} aria-hidden />
      <div className={styles.text}>
        {title !== undefined && <div className={styles.title}>{title}</div>}
        {children !== undefined && <div className={styles.body}>{children}</div>}
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
      {onClose !== undefined && (
        <button type="button" className={styles.close} onClick={onClose} aria-label="Dismiss">
          <IconX size={16} aria-hidden />
        </button>
      )}
    </div>
  )
}

interface ProblemNoticeProps {
  readonly problem: Problem
  /** What is known beyond message and advice, such as the attempts left. */
  readonly children?: ReactNode
  readonly actions?: ReactNode
  readonly onClose?: () => void
}

/** What went wrong, what it means, and what the person can do about it. */
export function ProblemNotice({ problem, children, actions, onClose }: ProblemNoticeProps) {
  return (
    <Notice
      tone="bad"
      urgent
      title={<bdi>{problem.message}</bdi>}
      {...(actions === undefined ? {} : { actions })}
      {...(onClose === undefined ? {} : { onClose })}
    >
      {children}
      {problem.advice !== '' && <bdi>{problem.advice}</bdi>}
    </Notice>
  )
}
