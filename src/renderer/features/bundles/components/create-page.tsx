import { useRef, useState } from 'react'
import type { BundleKind } from '#shared/contract/bundles.ts'
import { useBundles } from '../../../lib/live/bundles.ts'
import { problemOf } from '../../../lib/problem.ts'
import { useBundleServers } from '../api/hand-over.ts'
import { useCreateBundle, type SealingChoice } from '../api/create-bundle.ts'
import { useKnownDrives } from '../api/drives.ts'
import { useBundlePlan, useHosts } from '../api/plan.ts'
import { missingDrive, missingIn, newDraft, orderOf, type BundleDraft } from '../bundle-draft.ts'
import { BundleProgress } from './bundle-progress.tsx'
import { BundleSummary } from './bundle-summary.tsx'
import styles from './bundles.module.css'
import { ChoosePlace } from './choose-place.tsx'
import { ChooseReach } from './choose-reach.tsx'
import { ChooseSeal, type SealHandle } from './choose-seal.tsx'
import { ChooseWhat } from './choose-what.tsx'
import { Step } from './step.tsx'

interface CreatePageProps {
  readonly tenant: string
  readonly devices: readonly string[]
  readonly kind: BundleKind
  readonly onShowReceipt: (id: string) => void
}

/** A bundle put together on one page, from what goes in to the receipt. */
export function CreatePage({ tenant, devices, kind, onShowReceipt }: CreatePageProps) {
  const [draft, setDraft] = useState(() => newDraft(tenant, devices, kind))
  const [secret, setSecret] = useState(false)
  const [round, setRound] = useState(0)
  const [dismissed, setDismissed] = useState<string | null>(null)
  const seal = useRef<SealHandle>(null)
  const live = useBundles()
  const plan = useBundlePlan(draft.choice)
  const hosts = useHosts(draft.choice.kind)
  const servers = useBundleServers()
  const create = useCreateBundle(() => seal.current?.read() ?? '')
  const change = (part: Partial<BundleDraft>) => setDraft((before) => ({ ...before, ...part }))

  // The next bundle gets a passphrase of its own.
  const startAnew = () => {
    setRound(round + 1)
    setSecret(false)
    change({ name: '', plainConfirmed: false })
  }
  const offered = hosts.data?.[0]?.url
  const addresses =
    draft.addresses ?? (offered === undefined ? [] : [{ id: offered, url: offered }])
  const urls = addresses.map(({ url }) => url)
  const counts = plan.data?.counts
  const going = counts === undefined ? 0 : counts.issue + counts.keep + counts.repack
  const drives = useKnownDrives()
  const missing =
    missingIn(draft, urls, going, secret) ??
    missingDrive(draft, drives?.drives, plan.data?.bytes ?? 0)
  const job = live?.job ?? null
  const shownJob = job !== null && job.id !== dismissed ? job : null
  const failure = create.error ?? plan.error

  const submit = () => {
    if (missing !== null || plan.data === undefined) return
    setDismissed(job?.id ?? null)
    create.mutate({
      order: orderOf(draft, urls, {
        suggestedName: plan.data.name,
        offeredServer: servers.data?.[0]?.url ?? '',
      }),
      sealing: sealingOf(draft),
    })
  }
  return (
    <div className={styles.create}>
      <div className={styles.steps}>
        <Step number={1} title="What goes in">
          <ChooseWhat
            choice={draft.choice}
            onChange={(part) =>
              setDraft((before) => ({
                ...before,
                choice: { ...before.choice, ...part },
                // Leaf nodes are reached at another port.
                ...(part.kind === undefined ? {} : { addresses: null }),
              }))
            }
          />
        </Step>
        <Step number={2} title="How the mesh is reached from there">
          <ChooseReach draft={draft} addresses={addresses} onChange={change} />
        </Step>
        <Step number={3} title="Who can open it">
          <ChooseSeal key={round} ref={seal} draft={draft} onChange={change} onSecret={setSecret} />
        </Step>
        <Step number={4} title="Where it goes">
          <ChoosePlace
            draft={draft}
            suggestedName={plan.data?.name ?? ''}
            bytes={plan.data?.bytes ?? 0}
            onChange={change}
          />
        </Step>
      </div>
      <section className={styles.side} aria-label="Bundle">
        {shownJob === null ? (
          <BundleSummary
            plan={draft.choice.tenant === '' ? undefined : plan.data}
            loading={plan.isLoading}
            problem={failure === null ? null : problemOf(failure)}
            missing={missing}
            busy={create.isPending}
            onCreate={submit}
          />
        ) : (
          <BundleProgress
            job={shownJob}
            ticket={create.data?.job === shownJob.id ? create.data.ticket : undefined}
            receipt={live?.receipts.find(({ id }) => id === shownJob.receipt)}
            onShow={onShowReceipt}
            onAgain={() => {
              setDismissed(shownJob.id)
              if (shownJob.state === 'done') startAnew()
            }}
          />
        )}
      </section>
    </div>
  )
}

function sealingOf({ sealing, people }: BundleDraft): SealingChoice {
  return sealing === 'people' ? { kind: 'people', people } : { kind: sealing }
}
