import type { RenewalItem, RenewalItemState, RenewalJob } from '#shared/contract/renewal.ts'

const WORDS: Readonly<Record<RenewalItemState, string>> = {
  waiting: 'waits',
  issuing: 'under way',
  delivering: 'under way',
  awaiting: 'not back yet',
  renewed: 'renewed',
  written: 'file written',
  manual: 'to be commissioned again',
  failed: 'failed',
  'rolled-back': 'rolled back',
  cancelled: 'cancelled',
}

/** The outcome of a job as text: a head, then one line for each credential, with tabs between. */
export function reportOf(job: RenewalJob, items: readonly RenewalItem[]): string {
  const { counts } = job
  const head = [
    `Renewal of ${job.total} credentials, begun ${job.startedAt}`,
    job.endedAt === null ? 'not ended yet' : `ended ${job.endedAt} (${job.state})`,
    `${counts.renewed} renewed, ${counts.written} written as files, ${counts.manual} to be commissioned again, ${counts.failed} failed, ${counts.rolledBack} rolled back, ${counts.cancelled} cancelled`,
    ...(job.folder === null ? [] : [`Files: ${job.folder}`]),
    ...(job.problem === null ? [] : [job.problem.message]),
  ]
  const columns = ['tenant', 'device or name', 'key', 'outcome', 'valid until', 'why']
  const lines = items.map(({ tenant, deviceId, name, fingerprint, state, expiresAt, problem }) =>
    [
      tenant ?? '',
      deviceId ?? name,
      fingerprint,
      WORDS[state],
      state === 'renewed' || state === 'written' ? (expiresAt ?? '') : '',
      problem?.message ?? '',
    ]
      .map(cell)
      .join('\t'),
  )
  return `${[...head, '', columns.join('\t'), ...lines].join('\n')}\n`
}

/** Text of a device in a cell: a tab or a line end would begin another one. */
function cell(text: string): string {
  return text.replaceAll(/\s+/gu, ' ')
}

export interface EndNotice {
  readonly level: 'success' | 'warning'
  readonly title: string
  readonly text: string
}

/** What to tell of a job that has ended; nothing where it is looked at anyway. */
export function endNotice({ total, counts, state }: RenewalJob): EndNotice | undefined {
  const bad = counts.failed + counts.rolledBack
  if (state === 'cancelled' || (total === 1 && bad === 0)) return undefined
  const parts = [
    [counts.renewed, 'renewed'],
    [counts.written, 'written as files'],
    [counts.manual, 'to be commissioned again'],
    [bad, 'failed or rolled back'],
    [counts.cancelled, 'not begun'],
  ] as const
  const told = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
  return {
    level: bad === 0 ? 'success' : 'warning',
    title: state === 'stopped' ? 'A renewal stopped by itself' : 'A renewal has ended',
    text: `${told.join(', ')}. Credentials, Expiry shows each.`,
  }
}
