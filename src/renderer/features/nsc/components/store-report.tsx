import { useState } from 'react'
import { Button, Radio, Select } from '@mantine/core'
import { IconArrowLeft, IconKey, IconTrash } from '@tabler/icons-react'
import type { NscOperator, NscScan } from '#shared/contract/nsc.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ChoiceCards } from '../../../ui/choice-cards.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useStartImport } from '../api/start-import.ts'
import { ImportPlan } from './import-plan.tsx'
import styles from './nsc.module.css'
import { StoreFindings } from './store-findings.tsx'

const DIALECTS = [
  { value: 'device-connect', label: 'Device Connect' },
  { value: 'fabric', label: 'Fabric' },
] satisfies { value: DialectName; label: string }[]

interface StoreReportProps {
  readonly scan: NscScan
  readonly onBack: () => void
}

/** What is in a store, what importing it would do, and the question about its files. */
export function StoreReport({ scan, onBack }: StoreReportProps) {
  const [chosen, setChosen] = useState(scan.operators[0]?.publicKey ?? null)
  const operator = scan.operators.find(({ publicKey }) => publicKey === chosen)
  return (
    <div className={styles.report}>
      <div className={styles.reportHead}>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={<IconArrowLeft size={15} />}
          onClick={onBack}
        >
          Another store
        </Button>
        <span className={styles.paths}>
          {scan.folders.map((path) => (
            <DeviceText key={path} text={path} mono />
          ))}
        </span>
      </div>
      {scan.operators.length > 1 && (
        <Radio.Group
          label="There is more than one operator here. A profile has one: choose."
          value={chosen}
          onChange={setChosen}
        >
          <div className={styles.operators}>
            {scan.operators.map(({ publicKey, name }) => (
              <Radio key={publicKey} value={publicKey} label={<bdi>{name}</bdi>} />
            ))}
          </div>
        </Radio.Group>
      )}
      {operator === undefined ? (
        <Notice tone="warn" title="There is no operator in these folders.">
          A store has the JWT of its operator beside those of the accounts. Name the folder that
          holds both, or the one above it.
        </Notice>
      ) : (
        <OperatorReport key={operator.publicKey} operator={operator} scan={scan} />
      )}
      {operator === undefined && <StoreFindings scan={scan} />}
    </div>
  )
}

function OperatorReport({ operator, scan }: { operator: NscOperator; scan: NscScan }) {
  const [files, setFiles] = useState<'keep' | 'remove' | null>(null)
  const [dialect, setDialect] = useState<DialectName>(operator.dialect ?? 'device-connect')
  const start = useStartImport()
  const { name, obstacle, keys, users, accounts, merges } = operator
  const kept = accounts.filter(({ becomes }) => becomes !== 'nothing')
  const tenants = kept.flatMap((account) => account.tenants)
  return (
    <>
      <header className={styles.summary}>
        <h3 className={styles.operatorName}>
          <bdi>{name}</bdi>
        </h3>
        <p className={styles.sentence}>
          {counted(kept.length, 'account')} with {counted(tenants.length, 'tenant')},{' '}
          {counted(users, 'credential')}, {counted(keys, 'private key')}.
          {merges && ' This profile has this operator already: what is new is added.'}
        </p>
      </header>
      {obstacle !== null && <ProblemNotice problem={obstacle} />}
      <StoreFindings scan={scan} />
      <ImportPlan operator={operator} />
      {obstacle === null && (
        <form
          className={styles.decision}
          onSubmit={(event) => {
            event.preventDefault()
            if (files === null) return
            const order = { scan: scan.id, operator: operator.publicKey, dialect }
            start.mutate({ ...order, removeFiles: files === 'remove' })
          }}
        >
          {operator.dialect === null && (
            <Select
              label="Dialect"
              description="No user of this store tells it. It cannot be changed later."
              allowDeselect={false}
              data={DIALECTS}
              value={dialect}
              onChange={(value) => {
                const choice = DIALECTS.find((each) => each.value === value)
                if (choice !== undefined) setDialect(choice.value)
              }}
              maw={320}
            />
          )}
          <ChoiceCards
            label={`The private keys of operator and accounts go into the keychain. What about their ${counted(keys, 'file')}?`}
            value={files}
            onChange={setFiles}
            choices={[
              {
                value: 'keep',
                icon: IconKey,
                title: 'Keep the files',
                text: 'nsc goes on working beside Muster. Whoever reads the files has the fleet.',
              },
              {
                value: 'remove',
                icon: IconTrash,
                title: 'Remove the files',
                text: 'Overwritten and deleted once the keychain gave each key back. Solid-state disks, snapshots and backups may keep copies.',
              },
            ]}
          />
          <p className={styles.hint}>
            Keys of users stay where they are either way: Muster keeps no private key of a device.
          </p>
          {start.isError && <ProblemNotice problem={problemOf(start.error)} />}
          <div className={styles.buttons}>
            <Button type="submit" loading={start.isPending} disabled={files === null}>
              {merges ? 'Add what is new' : 'Import'}
            </Button>
          </div>
        </form>
      )}
    </>
  )
}
