import { Button, Skeleton } from '@mantine/core'
import { IconPackageExport } from '@tabler/icons-react'
import type { BundlePlan, PlannedCredential } from '#shared/contract/bundles.ts'
import type { Problem } from '#shared/contract/common.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { WAY_WORDS } from '../bundle-words.ts'
import styles from './bundles.module.css'

interface BundleSummaryProps {
  readonly plan: BundlePlan | undefined
  readonly loading: boolean
  /** Why there is no plan, or why the bundle was not begun. */
  readonly problem: Problem | null
  /** What the person still has to do; null where nothing is missing. */
  readonly missing: string | null
  readonly busy: boolean
  readonly onCreate: () => void
}

const WAYS = ['issue', 'repack', 'keep', 'refuse'] as const

/** What the bundle will hold, credential by credential, and the button that makes it. */
export function BundleSummary(props: BundleSummaryProps) {
  const { plan, loading, problem, missing, busy, onCreate } = props
  return (
    <>
      <h2>What goes out</h2>
      {plan === undefined && loading && <Skeleton height={96} radius="sm" />}
      {plan === undefined && !loading && problem === null && (
        <p className={styles.hint}>Choose a tenant and devices.</p>
      )}
      {plan !== undefined && <Plan plan={plan} />}
      {problem !== null && <ProblemNotice problem={problem} />}
      <Button
        size="md"
        leftSection={<IconPackageExport size={18} aria-hidden />}
        disabled={missing !== null || plan === undefined}
        loading={busy}
        onClick={onCreate}
      >
        Hand over
      </Button>
      {missing !== null && (
        <p className={styles.hint} role="status">
          {missing}
        </p>
      )}
    </>
  )
}

function Plan({ plan }: { plan: BundlePlan }) {
  const { counts, credentials, fileCount } = plan
  const total = counts.issue + counts.keep + counts.repack + counts.refuse
  if (total === 0) return <p className={styles.hint}>No device is chosen.</p>
  return (
    <>
      <ul className={styles.counts}>
        {WAYS.filter((way) => counts[way] > 0).map((way) => (
          <li key={way}>
            <StateMark tone={WAY_WORDS[way].tone} word={countWords(way, counts[way])} />
          </li>
        ))}
      </ul>
      <ul className={styles.planned} aria-label="Credentials">
        {credentials.map((credential) => (
          <Planned key={credential.name} credential={credential} />
        ))}
      </ul>
      <p className={styles.hint}>
        {total > credentials.length && `The first ${credentials.length} are shown. `}
        {fileCount.toLocaleString('en')} files, a signed manifest with their hashes, and a README.
      </p>
    </>
  )
}

function Planned({ credential }: { credential: PlannedCredential }) {
  const { tone, word } = WAY_WORDS[credential.way]
  return (
    <li title={credential.reason}>
      <DeviceText text={credential.name} />
      <StateMark tone={tone} word={word} />
      {credential.way === 'refuse' && <span className={styles.verdict}>{credential.reason}</span>}
    </li>
  )
}

function countWords(way: PlannedCredential['way'], count: number): string {
  const many = count.toLocaleString('en')
  switch (way) {
    case 'issue':
      return `${many} new, with new keys`
    case 'repack':
      return `${many} packed again, with your keys`
    case 'keep':
      return `${many} as they are, without keys`
    case 'refuse':
      return `${many} can not be handed over`
  }
}
