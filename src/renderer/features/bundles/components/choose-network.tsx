import { Autocomplete, Select } from '@mantine/core'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useBundleServers } from '../api/hand-over.ts'
import type { BundleDraft } from '../bundle-draft.ts'
import styles from './bundles.module.css'

const MINUTES: readonly { readonly value: string; readonly label: string }[] = [
  { value: '5', label: '5 minutes' },
  { value: '15', label: '15 minutes' },
  { value: '60', label: 'An hour' },
  { value: '480', label: '8 hours' },
]

interface ChooseNetworkProps {
  readonly draft: BundleDraft
  readonly onChange: (change: Partial<BundleDraft>) => void
}

/** At which address the other side fetches the bundle, and how long it waits there. */
export function ChooseNetwork({ draft, onChange }: ChooseNetworkProps) {
  const servers = useBundleServers()
  return (
    <>
      <p className={styles.hint}>
        The other computer fetches the bundle from this one over TLS, once, with a short code that
        you read out.
      </p>
      {servers.isError && <ProblemNotice problem={problemOf(servers.error)} />}
      <div className={styles.row}>
        <Autocomplete
          label="This computer is reached at"
          classNames={{ input: styles.mono ?? '' }}
          spellCheck={false}
          data={servers.data?.map(({ url }) => url) ?? []}
          value={draft.serverUrl ?? servers.data?.[0]?.url ?? ''}
          onChange={(serverUrl) => onChange({ serverUrl })}
        />
        <Select
          label="It waits for"
          allowDeselect={false}
          data={[...MINUTES]}
          value={String(draft.minutes)}
          onChange={(value) => onChange({ minutes: Number(value ?? 15) })}
        />
      </div>
    </>
  )
}
