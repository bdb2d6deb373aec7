import { useRef, useState } from 'react'
import { Button, SegmentedControl } from '@mantine/core'
import type { RegistryStore, StoreOrder } from '#shared/contract/registry-store.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useChooseStore } from '../api/use-choose-store.ts'
import { useTestEtcd } from '../api/use-test-etcd.ts'
import { accessOf, complaintsAbout, fieldsOf, type EtcdComplaints } from '../etcd-form.ts'
import { EtcdFields } from './etcd-fields.tsx'
import { EtcdReportList } from './etcd-report-list.tsx'
import styles from './registry-store.module.css'

interface StoreFormProps {
  readonly store: RegistryStore
  readonly onDone: () => void
}

/** Which store the registry is to use, tried before it does. */
export function StoreForm({ store, onDone }: StoreFormProps) {
  const [kind, setKind] = useState(store.kind)
  const [fields, setFields] = useState(() => fieldsOf(store.etcd))
  const [complaints, setComplaints] = useState<EtcdComplaints>({})
  const ca = useRef('')
  const certificate = useRef('')
  const key = useRef('')
  const password = useRef('')
  const given = () => ({
    ca: ca.current,
    certificate: certificate.current,
    key: key.current,
    password: password.current,
  })
  const order = (): StoreOrder =>
    kind === 'embedded' ? { kind } : { kind, access: accessOf(fields, given()) }
  const attempt = useTestEtcd(() => accessOf(fields, given()))
  const choose = useChooseStore(order)
  const isComplete = () => {
    const found = kind === 'embedded' ? {} : complaintsAbout(fields, given())
    setComplaints(found)
    return Object.keys(found).length === 0
  }
  const same = kind === 'embedded' && store.kind === 'embedded'
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (isComplete()) choose.mutate(undefined, { onSuccess: onDone })
      }}
    >
      <SegmentedControl
        aria-label="Where devices are kept"
        value={kind}
        onChange={(chosen) => setKind(chosen === 'etcd' ? 'etcd' : 'embedded')}
        data={[
          { value: 'embedded', label: 'On this computer' },
          { value: 'etcd', label: 'In etcd' },
        ]}
      />
      {kind === 'etcd' && (
        <EtcdFields
          fields={fields}
          saved={store.etcd}
          secrets={{ ca, certificate, key }}
          complaints={complaints}
          onChange={(change) => setFields((before) => ({ ...before, ...change }))}
          onPassword={(typed) => {
            password.current = typed
          }}
        />
      )}
      {!same && <WhatHappens kind={kind} isSwitch={kind !== store.kind} />}
      {attempt.data !== undefined && kind === 'etcd' && <EtcdReportList report={attempt.data} />}
      {[attempt.error, choose.error].map(
        (error, index) =>
          error !== null && (
            <ProblemNotice key={index === 0 ? 'attempt' : 'choose'} problem={problemOf(error)} />
          ),
      )}
      <div className={styles.footer}>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <div className={styles.right}>
          {kind === 'etcd' && (
            <Button
              variant="default"
              loading={attempt.isPending}
              onClick={() => {
                if (isComplete()) attempt.mutate()
              }}
            >
              Test connection
            </Button>
          )}
          <Button type="submit" loading={choose.isPending} disabled={same}>
            {kind === 'etcd' ? 'Use this etcd' : 'Use this computer'}
          </Button>
        </div>
      </div>
    </form>
  )
}

function WhatHappens({ kind, isSwitch }: { kind: RegistryStore['kind']; isSwitch: boolean }) {
  if (!isSwitch) {
    return (
      <Notice tone="info" title="The registry starts again, which takes some seconds.">
        Devices stay connected, and nobody is declared offline meanwhile.
      </Notice>
    )
  }
  return (
    <Notice tone="info" title="Nothing is copied, and nothing is lost.">
      The registry starts again, which takes some seconds. Devices stay connected: each is asked to
      register with its next heartbeat and is listed again within a minute.{' '}
      {kind === 'etcd'
        ? 'Devices that are offline now stay in the database of this profile and are shown again when you go back to it. Devices that etcd holds already are shown, too.'
        : 'What etcd holds stays there: other registries go on with it, and devices that are offline now are shown again when you go back to it. The settings of etcd are kept.'}
    </Notice>
  )
}
