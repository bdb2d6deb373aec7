import type { ReactNode } from 'react'
import styles from './function-form.module.css'

interface FormGroupTitleProps {
  readonly id?: string
  readonly title?: string
  readonly optionalDataControl?: ReactNode
}

/** Title of a group of fields. No heading: a form within a card is no chapter of the page. */
export function FormGroupTitle({ id, title, optionalDataControl }: FormGroupTitleProps) {
  return (
    <span className={styles.groupTitle}>
      <bdi {...(id === undefined ? {} : { id })}>{title}</bdi>
      {optionalDataControl}
    </span>
  )
}
