import { useState, type ReactNode } from 'react'
import type { NscScan } from '#shared/contract/nsc.ts'
import { useNscImport } from '../../../lib/live/nsc.ts'
import { ChooseStore } from './choose-store.tsx'
import { ImportProgress } from './import-progress.tsx'
import { StoreReport } from './store-report.tsx'

interface NscImportProps {
  /** The way on once a store was imported; without, one just leaves. */
  readonly next?: ReactNode
}

/** From choosing a store over what is in it to its import. */
export function NscImport({ next }: NscImportProps) {
  const [scan, setScan] = useState<NscScan | null>(null)
  const [left, setLeft] = useState<string | null>(null)
  const current = useNscImport()
  // One that failed is left by looking again; its end must not come back with every message.
  const identity = current === null ? null : `${current.operatorName} ${current.state}`
  if (current !== null && (current.state === 'running' || identity !== left)) {
    return (
      <ImportProgress
        done={current}
        next={next}
        onLeave={() => {
          setLeft(identity)
          setScan(null)
        }}
      />
    )
  }
  if (scan === null) return <ChooseStore onScanned={setScan} />
  return <StoreReport key={scan.id} scan={scan} onBack={() => setScan(null)} />
}
