import type { ReactNode } from 'react'
import { ContextList } from './context-list.tsx'
import { NscExport } from './nsc-export.tsx'
import { NscImport } from './nsc-import.tsx'
import styles from './nsc.module.css'

interface TransferPageProps {
  /** The way on after an import. */
  readonly next: ReactNode
}

/** What nsc and the nats CLI keep, brought in and written out. */
export function TransferPage({ next }: TransferPageProps) {
  return (
    <div className={styles.page}>
      <NscImport next={next} />
      <NscExport />
      <ContextList />
    </div>
  )
}
