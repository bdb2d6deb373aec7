import { useState } from 'react'
import { Button, Modal, TextInput } from '@mantine/core'
import type { ResolverAccount, ResolverServer } from '#shared/contract/resolver.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { PanelBody, Section, SidePanel } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useRepair } from '../api/use-repair.ts'
import { meaningOf, REPAIRS, shortened, STANDINGS } from '../resolver-words.ts'
import { DifferenceList } from './difference-list.tsx'
import styles from './resolver.module.css'

interface AccountPanelProps {
  readonly account: ResolverAccount
  readonly servers: readonly ResolverServer[]
  readonly onClose: () => void
}

/** One account: what each server has of it, what differs, and what can be done about it. */
export function AccountPanel({ account, servers, onClose }: AccountPanelProps) {
  const { publicKey, name, standing, differences, foreignIssuer, serverSignedAt } = account
  return (
    <SidePanel
      label={`Account ${name}`}
      title={<DeviceText text={name} wrap />}
      subtitle={<StateMark {...STANDINGS[standing]} />}
      onClose={onClose}
    >
      <PanelBody focusKey={publicKey}>
        <p style={{ margin: 0 }}>{meaningOf(account)}</p>
        <Section title="Account">
          <Facts>
            <Fact name="Key">
              <span className="m-mono" title={publicKey}>
                {shortened(publicKey)}
              </span>{' '}
              <CopyIcon text={publicKey} what="public key" />
            </Fact>
            <Fact name="Signed by">
              {foreignIssuer === null ? null : (
                <span className="m-mono" title={foreignIssuer}>
                  {shortened(foreignIssuer)}
                </span>
              )}
            </Fact>
            <Fact name="Servers’ version">
              {serverSignedAt === null ? null : <TimeText at={serverSignedAt} />}
            </Fact>
          </Facts>
        </Section>
        <Section title="Servers">
          <ul className={styles.perServer}>
            {account.servers.map(({ serverId, standing: there }) => (
              <li key={serverId}>
                <DeviceText text={servers.find(({ id }) => id === serverId)?.name ?? serverId} />
                <StateMark {...STANDINGS[there]} />
              </li>
            ))}
          </ul>
        </Section>
        {differences.length > 0 && (
          <Section title="From ours to the servers’">
            <DifferenceList
              label="Differences"
              differences={differences}
              none="The two say the same."
            />
          </Section>
        )}
        {account.repairs.length > 0 && <Repairs key={publicKey} account={account} />}
      </PanelBody>
    </SidePanel>
  )
}

function Repairs({ account: { publicKey, name, repairs } }: { account: ResolverAccount }) {
  const repair = useRepair()
  const [asking, setAsking] = useState(false)
  const start = (which: (typeof repairs)[number]) =>
    repair.mutate({ account: publicKey, repair: which }, { onSuccess: () => setAsking(false) })
  return (
    <Section title="Repair">
      {repairs.map((which) => (
        <div key={which} className={styles.repair}>
          <p>{REPAIRS[which].text}</p>
          <Button
            size="xs"
            {...(which === 'delete'
              ? { color: 'red', variant: 'outline' }
              : { variant: 'default' })}
            loading={repair.isPending && repair.variables.repair === which}
            disabled={repair.isPending}
            onClick={() => (which === 'delete' ? setAsking(true) : start(which))}
          >
            {REPAIRS[which].button}
          </Button>
        </div>
      ))}
      {repair.isError && !asking && (
        <ProblemNotice problem={problemOf(repair.error)} onClose={repair.reset} />
      )}
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={
          <>
            Delete <bdi>{name}</bdi> from the servers?
          </>
        }
      >
        <DeleteForm
          name={name}
          busy={repair.isPending}
          onCancel={() => setAsking(false)}
          onDelete={() => start('delete')}
        />
        {repair.isError && <ProblemNotice problem={problemOf(repair.error)} />}
      </Modal>
    </Section>
  )
}

interface DeleteFormProps {
  readonly name: string
  readonly busy: boolean
  readonly onCancel: () => void
  readonly onDelete: () => void
}

function DeleteForm({ name, busy, onCancel, onDelete }: DeleteFormProps) {
  const [typed, setTyped] = useState('')
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (typed === name) onDelete()
      }}
    >
      <p style={{ margin: 0 }}>{REPAIRS.delete.text}</p>
      <TextInput
        label={
          <>
            Type <bdi className="m-mono">{name}</bdi> to delete it
          </>
        }
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
      />
      <div className={styles.buttons}>
        <Button variant="default" onClick={onCancel} disabled={busy}>
          Keep
        </Button>
        <Button type="submit" color="red" disabled={typed !== name} loading={busy}>
          Delete
        </Button>
      </div>
    </form>
  )
}
