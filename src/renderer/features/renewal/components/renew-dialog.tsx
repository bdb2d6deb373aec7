import { useState } from 'react'
import { Modal, NumberInput, SegmentedControl, Select, Skeleton } from '@mantine/core'
import type {
  RenewalJob,
  RenewalOrder,
  RenewalPlan,
  RenewalSelection,
} from '#shared/contract/renewal.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import dialog from '../../../ui/dialog.module.css'
import { Figure, Figures } from '../../../ui/figures.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { PathInput } from '../../../ui/path-input.tsx'
import { SubmitRow } from '../../../ui/submit-row.tsx'
import { useDefaultDays } from '../api/get-default-days.ts'
import { usePlan } from '../api/get-plan.ts'
import { useStartRenewal } from '../api/start-renewal.ts'
import { NO_MESH } from '../renewal-words.ts'
import styles from './renew-dialog.module.css'

const SPREADS = [
  { value: '0', label: 'As fast as they come back' },
  { value: '10', label: '10 minutes' },
  { value: '60', label: '1 hour' },
  { value: '360', label: '6 hours' },
  { value: '1440', label: '1 day' },
  { value: '10080', label: '1 week' },
]

const OTHER_WAYS: readonly { way: RenewalOrder['others']; word: string; text: string }[] = [
  { way: 'leave', word: 'Leave them for now', text: 'They stay in the list.' },
  {
    way: 'file',
    word: 'Write a file for each',
    text: 'NAME.creds.json without the private key, which only its holder has. It counts once it is used.',
  },
  {
    way: 'commission',
    word: 'Commission them again',
    text: 'Each has to be reset first: a device that is commissioned refuses another credential.',
  },
]

/** From how many on a renewal is spread unless the person says otherwise. */
const SPREAD_FROM = 20
const DEFAULT_AT_ONCE = 10

interface RenewDialogProps {
  /** What to renew; null while nothing is asked. */
  readonly selection: RenewalSelection | null
  readonly onClose: () => void
  readonly onStarted: (job: RenewalJob) => void
}

/** How each of a selection will be renewed, how many at once, and over what time. */
export function RenewDialog({ selection, onClose, onStarted }: RenewDialogProps) {
  return (
    <Modal opened={selection !== null} onClose={onClose} title="Renew credentials" size="lg">
      {selection !== null && (
        <Planned selection={selection} onClose={onClose} onStarted={onStarted} />
      )}
    </Modal>
  )
}

function Planned(props: RenewDialogProps & { readonly selection: RenewalSelection }) {
  const plan = usePlan(props.selection)
  const days = useDefaultDays()
  if (plan.isError) return <ProblemNotice problem={problemOf(plan.error)} />
  if (plan.data === undefined || days === undefined) {
    return (
      <div className={dialog.body} aria-busy="true" aria-label="Looking how they can be renewed">
        <Skeleton height={64} />
        <Skeleton height={120} />
        <Skeleton height={60} />
      </div>
    )
  }
  return <RenewForm {...props} plan={plan.data} days={days} />
}

interface RenewFormProps extends RenewDialogProps {
  readonly selection: RenewalSelection
  readonly plan: RenewalPlan
  readonly days: number
}

function RenewForm({ selection, plan, days, onClose, onStarted }: RenewFormProps) {
  const start = useStartRenewal()
  const otherCount = plan.others.reduce((sum, { count }) => sum + count, 0)
  const [others, setOthers] = useState<RenewalOrder['others']>(
    plan.overMesh > 0 || otherCount === 0 ? 'leave' : 'file',
  )
  const [folder, setFolder] = useState('')
  const [validDays, setValidDays] = useState<number | string>(days)
  const [atOnce, setAtOnce] = useState<number | string>(DEFAULT_AT_ONCE)
  const [spread, setSpread] = useState(plan.overMesh >= SPREAD_FROM ? '60' : '0')
  const count = plan.overMesh + takenBy(others, plan)
  const isComplete =
    count > 0 &&
    typeof validDays === 'number' &&
    typeof atOnce === 'number' &&
    (others !== 'file' || otherCount === 0 || folder !== '')
  const submit = () => {
    if (!isComplete) return
    start.mutate(
      {
        selection,
        others,
        folder: others === 'file' && otherCount > 0 ? folder : null,
        validDays,
        atOnce,
        spreadMinutes: Number(spread),
      },
      { onSuccess: onStarted },
    )
  }
  return (
    <form
      className={dialog.body}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <PlanFigures plan={plan} otherCount={otherCount} />
      {plan.overMesh > 0 && (
        <p className={styles.lead}>
          A device keeps its old credential until the server has seen it connected with the new one.
          One that is not back within five minutes stays with the old one; after three in a row the
          rest is not begun.
        </p>
      )}
      {otherCount > 0 && (
        <>
          <Reasons plan={plan} />
          <OtherWay
            count={otherCount}
            value={others}
            onChange={setOthers}
            folder={folder}
            onFolder={setFolder}
          />
        </>
      )}
      <div className={styles.settings}>
        <NumberInput
          label="Valid for"
          suffix=" days"
          min={1}
          max={3650}
          allowDecimal={false}
          value={validDays}
          onChange={setValidDays}
        />
        <NumberInput
          label="At once, at most"
          min={1}
          max={100}
          allowDecimal={false}
          value={atOnce}
          onChange={setAtOnce}
          disabled={plan.overMesh === 0}
        />
        <Select
          label="Spread over"
          data={SPREADS}
          value={spread}
          onChange={(value) => setSpread(value ?? '0')}
          allowDeselect={false}
          disabled={plan.overMesh === 0}
        />
      </div>
      {start.isError && <ProblemNotice problem={problemOf(start.error)} />}
      <SubmitRow onCancel={onClose} loading={start.isPending} disabled={!isComplete} data-autofocus>
        {count === 0 ? 'Nothing to renew' : `Renew ${counted(count, 'credential')}`}
      </SubmitRow>
    </form>
  )
}

/** How many of those that are not reached over the mesh go the other way; only devices are commissioned. */
function takenBy(way: RenewalOrder['others'], { others }: RenewalPlan): number {
  if (way === 'leave') return 0
  return others
    .filter(({ reason }) => way === 'file' || reason !== 'no-device')
    .reduce((sum, { count }) => sum + count, 0)
}

function PlanFigures({ plan, otherCount }: { plan: RenewalPlan; otherCount: number }) {
  return (
    <Figures>
      <Figure name="over the mesh" value={plan.overMesh} />
      <Figure name="another way" value={otherCount} />
      {plan.underWay > 0 && <Figure name="already under way, left out" value={plan.underWay} />}
      <Figure
        name={plan.tenants.length === 1 ? <bdi>{plan.tenants[0]}</bdi> : 'tenants, one by one'}
        value={plan.tenants.length}
      />
    </Figures>
  )
}

function Reasons({ plan }: { plan: RenewalPlan }) {
  return (
    <ul className={styles.reasons} aria-label="Not reached over the mesh">
      {plan.others.map(({ reason, count, examples }) => (
        <li key={reason}>
          <span className="m-strong">
            {count.toLocaleString('en')} {NO_MESH[reason].title}
          </span>{' '}
          <span className="m-muted">
            (
            {examples.map((name, index) => (
              <span key={name}>
                {index > 0 && ', '}
                <bdi>{name}</bdi>
              </span>
            ))}
            {count > examples.length && ', …'}). {NO_MESH[reason].text}
          </span>
        </li>
      ))}
    </ul>
  )
}

interface OtherWayProps {
  readonly count: number
  readonly value: RenewalOrder['others']
  readonly onChange: (value: RenewalOrder['others']) => void
  readonly folder: string
  readonly onFolder: (folder: string) => void
}

function OtherWay({ count, value, onChange, folder, onFolder }: OtherWayProps) {
  return (
    <>
      <div>
        <div className={styles.label} id="other-way">
          What to do with {count === 1 ? 'this one' : `these ${count.toLocaleString('en')}`}
        </div>
        <SegmentedControl
          fullWidth
          aria-labelledby="other-way"
          value={value}
          onChange={onChange}
          data={OTHER_WAYS.map(({ way, word }) => ({ value: way, label: word }))}
        />
        <p className={styles.explanation}>{OTHER_WAYS.find(({ way }) => way === value)?.text}</p>
      </div>
      {value === 'file' && (
        <PathInput
          label="Folder"
          kind="folder"
          description="An absolute path on the computer that Muster runs on. A new folder is made in it; nothing is written over."
          placeholder="/home/kim/renewals"
          value={folder}
          onChange={onFolder}
        />
      )}
    </>
  )
}
