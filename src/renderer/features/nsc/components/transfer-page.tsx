import { ContextList } from './context-list.tsx'
import { NscExport } from './nsc-export.tsx'
import { NscImport } from './nsc-import.tsx'
import styles from './nsc.module.css'

/** What nsc and the nats CLI keep, brought in and written out. */
export function TransferPage() {
  return (
    <div className={styles.page}>
      <NscImport />
      <NscExport />
      <ContextList />
    </div>
  )
}
