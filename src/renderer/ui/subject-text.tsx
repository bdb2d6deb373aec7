import { createElement } from 'react'
import styles from './subject-text.module.css'

/** A subject, which breaks behind its dots: the hyphen of a name is none of a line. */
export function SubjectText({ subject }: { subject: string }) {
  const tokens = subject
    .split(/(?<=\.)/u)
    .map((token) => createElement('span', { className: styles.token }, token))
  return createElement('code', { className: styles.subject }, ...tokens)
}
