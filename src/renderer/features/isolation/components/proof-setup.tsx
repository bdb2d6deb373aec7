import { useState } from 'react'
import { Button, Checkbox } from '@mantine/core'
import { IconShieldCheck } from '@tabler/icons-react'
import {
  MAX_PROOF_TENANTS,
  type ProbeDescription,
  type ProbeId,
} from '#shared/contract/isolation.ts'
import type { Tenant } from '#shared/contract/tenants.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useProbes } from '../api/get-probes.ts'
import { useStartProof } from '../api/start-proof.ts'
import styles from './isolation-screen.module.css'

interface ProofSetupProps {
  readonly tenants: readonly Tenant[] | undefined
  readonly canIssue: boolean
  readonly onStarted: () => void
}

/** Chooses tenants and probes, and starts. */
export function ProofSetup({ tenants = [], canIssue, onStarted }: ProofSetupProps) {
  const { data: probes = [] } = useProbes()
  const own = tenants.filter(({ account }) => account !== null)
  if (!canIssue || own.length < 2) return <NothingToProve enough={own.length >= 2} />
  return (
    <SetupForm
      key={own.map(({ name }) => name).join(' ')}
      tenants={own}
      probes={probes}
      onStarted={onStarted}
    />
  )
}

interface SetupFormProps {
  readonly tenants: readonly Tenant[]
  readonly probes: readonly ProbeDescription[]
  readonly onStarted: () => void
}

function SetupForm({ tenants, probes, onStarted }: SetupFormProps) {
  const start = useStartProof()
  const ready = tenants.filter(({ state }) => state === 'ready')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(ready.slice(0, MAX_PROOF_TENANTS).map(({ name }) => name)),
  )
  const [left, setLeft] = useState<ReadonlySet<ProbeId>>(new Set())
  const tried = probes.filter(({ id }) => !left.has(id))
  const pairs = chosen.size * (chosen.size - 1)
  const shared = tenants.filter(({ name, isolation }) => chosen.has(name) && isolation === 'shared')
  const tooMany = chosen.size > MAX_PROOF_TENANTS
  return (
    <div className={styles.page}>
      <div className={styles.columns}>
        <Choices
          title={`Tenants (${chosen.size})`}
          items={tenants.map(({ name, isolation, state }) => ({
            id: name,
            label: name,
            detail: `${isolation === 'shared' ? 'Shared account' : 'Account of its own'}${state === 'ready' ? '' : `, ${state}`}`,
          }))}
          chosen={chosen}
          onChange={setChosen}
        />
        <Choices
          title={`Probes (${tried.length})`}
          items={probes.map(({ id, title, tries }) => ({ id, label: title, detail: tries }))}
          chosen={new Set(tried.map(({ id }) => id))}
          onChange={(ids) => setLeft(new Set(probes.flatMap(({ id }) => (ids.has(id) ? [] : id))))}
        />
      </div>
      {shared.length > 1 && (
        <Notice tone="warn" title="Some of these share an account">
          Only permissions separate {shared.map(({ name }) => name).join(', ')}: their clients can
          read each other’s replies. The proof will show it.
        </Notice>
      )}
      {start.isError && <ProblemNotice problem={problemOf(start.error)} />}
      <div className={styles.start}>
        <Button
          size="md"
          leftSection={<IconShieldCheck size={18} />}
          loading={start.isPending}
          disabled={chosen.size < 2 || tooMany || tried.length === 0}
          onClick={() =>
            start.mutate(
              { tenants: [...chosen], probes: tried.map(({ id }) => id) },
              { onSuccess: onStarted },
            )
          }
        >
          Start the proof
        </Button>
        <span className={styles.small}>
          {tooMany
            ? `At most ${MAX_PROOF_TENANTS} tenants at a time.`
            : `${counted(pairs, 'ordered pair')}. Credentials are issued for the proof and end with it; devices are not disturbed.`}
        </span>
      </div>
    </div>
  )
}

interface ChoicesProps<Id extends string> {
  readonly title: string
  readonly items: readonly { readonly id: Id; readonly label: string; readonly detail: string }[]
  readonly chosen: ReadonlySet<Id>
  readonly onChange: (chosen: ReadonlySet<Id>) => void
}

function Choices<Id extends string>({ title, items, chosen, onChange }: ChoicesProps<Id>) {
  const all = items.every(({ id }) => chosen.has(id))
  const toggle = (id: Id) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    onChange(next)
  }
  return (
    <section aria-label={title}>
      <div className={styles.choicesHead}>
        <h2>{title}</h2>
        <Button
          variant="subtle"
          size="compact-xs"
          onClick={() => onChange(new Set(all ? [] : items.map(({ id }) => id)))}
        >
          {all ? 'None' : 'All'}
        </Button>
      </div>
      <div className={styles.choicesBox}>
        <ul className={styles.choices}>
          {items.map(({ id, label, detail }) => (
            <li key={id}>
              <Checkbox
                label={label}
                description={detail}
                checked={chosen.has(id)}
                onChange={() => toggle(id)}
              />
            </li>
          ))}
        </ul>
      </div>
    </section>
  )
}

function NothingToProve({ enough }: { enough: boolean }) {
  return (
    <EmptyState
      icon={IconShieldCheck}
      title={enough ? 'This mesh is not this profile’s' : 'Isolation takes two tenants'}
    >
      {enough
        ? 'A proof issues credentials in every tenant, which only the profile that holds the operator’s keys can.'
        : 'Create a second tenant. The proof then has each try everything on the other, and you get a signed report to hand on.'}
    </EmptyState>
  )
}
