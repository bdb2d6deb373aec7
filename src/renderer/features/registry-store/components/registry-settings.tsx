import { useState } from 'react'
import { Button, Modal, Skeleton } from '@mantine/core'
import type { RegistryStore } from '#shared/contract/registry-store.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { useRegistryStore } from '../api/use-registry-store.ts'
import { useTestEtcd } from '../api/use-test-etcd.ts'
import { EtcdReportList, sizeText } from './etcd-report-list.tsx'
import styles from './registry-store.module.css'
import { StoreForm } from './store-form.tsx'

/** Where the registry keeps its devices, how that is, and the way to change it. */
export function RegistrySettings() {
  const store = useRegistryStore()
  const [editing, setEditing] = useState(false)
  return (
    <SettingGroup title="Registry">
      {store.isPending && <SettingRow name={<Skeleton height={16} w={180} />} />}
      {store.isError && (
        <SettingRow name="" below={<ProblemNotice problem={problemOf(store.error)} />} />
      )}
      {store.data !== undefined && <Store store={store.data} onChange={() => setEditing(true)} />}
      {store.data?.kind === 'etcd' && <Members />}
      <Modal
        opened={editing}
        onClose={() => setEditing(false)}
        title="Where the registry keeps devices"
        size="lg"
      >
        {store.data !== undefined && (
          <StoreForm store={store.data} onDone={() => setEditing(false)} />
        )}
      </Modal>
    </SettingGroup>
  )
}

function Store({ store, onChange }: { store: RegistryStore; onChange: () => void }) {
  const { kind, etcd, condition, problem } = store
  return (
    <SettingRow
      name={kind === 'etcd' ? 'Devices are kept in etcd' : 'Devices are kept on this computer'}
      help={
        kind === 'embedded'
          ? 'In a database of this profile: enough for 100,000 devices and one registry. With etcd several registries can share a fleet.'
          : etcd?.endpoints.map((endpoint) => (
              <div key={endpoint}>
                <DeviceText text={endpoint} mono />
              </div>
            ))
      }
      {...(kind === 'embedded'
        ? {}
        : {
            below: (
              <div className={styles.report}>
                {condition !== null && <span className="m-muted">{factsOf(condition)}</span>}
                {problem !== null && <ProblemNotice problem={problem} />}
              </div>
            ),
          })}
    >
      {kind === 'etcd' && <StateMark {...markOf(store)} />}
      <Button variant="default" size="xs" onClick={onChange}>
        Change…
      </Button>
    </SettingRow>
  )
}

/** Its members, asked one by one when the person wants to know. */
function Members() {
  const look = useTestEtcd(() => null)
  return (
    <SettingRow
      name="Members"
      help="Tries each endpoint as the registry uses it: connection, certificate, login, permissions, space."
      {...(look.data === undefined && look.error === null
        ? {}
        : {
            below:
              look.data === undefined ? (
                <ProblemNotice problem={problemOf(look.error)} />
              ) : (
                <EtcdReportList report={look.data} isInUse />
              ),
          })}
    >
      <Button variant="default" size="xs" loading={look.isPending} onClick={() => look.mutate()}>
        Test connection
      </Button>
    </SettingRow>
  )
}

function factsOf(condition: NonNullable<RegistryStore['condition']>): string {
  const { registries, databaseBytes, quotaBytes, membersAway, backlog } = condition
  return [
    registries === 1 ? 'No other registry shares it' : `${registries} registries share it`,
    databaseBytes === 0 ? '' : sizeText(databaseBytes, quotaBytes),
    membersAway === 0 ? '' : `${counted(membersAway, 'member')} away`,
    backlog === 0 ? '' : `${counted(backlog, 'device')} not saved yet`,
  ]
    .filter((fact) => fact !== '')
    .join(' · ')
}

function markOf({ runs, condition }: RegistryStore): { tone: Tone; word: string } {
  if (!runs || condition === null) return { tone: 'busy', word: 'Starting' }
  if (condition.outOfSpace) return { tone: 'bad', word: 'Quota used up' }
  if (!condition.reachable) return { tone: 'bad', word: 'Away' }
  if (condition.membersAway > 0) return { tone: 'warn', word: 'Members away' }
  return { tone: 'ok', word: 'Well' }
}
