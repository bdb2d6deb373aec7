import { useState } from 'react'
import { Button, Switch, TextInput } from '@mantine/core'
import type { Tenant, TenantLimits } from '#shared/contract/tenants.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { useSetLimits } from '../api/tenant-mutations.ts'
import { useTenantDetail } from '../api/tenant-queries.ts'
import { draftOf, limitsOfDraft, type LimitsDraft } from '../limits-draft.ts'
import { TemplateButton } from './template-button.tsx'
import styles from './tenant-forms.module.css'

/** What the tenant's account may use at most. */
export function LimitsTab({ tenant }: { tenant: Tenant }) {
  if (tenant.limits === null) {
    return (
      <Notice tone="info" title="There are no limits to set yet">
        The mesh has not confirmed this tenant&apos;s account.
      </Notice>
    )
  }
  // What somebody else changed meanwhile is shown; what is being typed is not thrown away for it.
  return <LimitsForm key={JSON.stringify(tenant.limits)} tenant={tenant} limits={tenant.limits} />
}

function LimitsForm({ tenant, limits }: { tenant: Tenant; limits: TenantLimits }) {
  const set = useSetLimits()
  const detail = useTenantDetail(tenant.name).data
  const [draft, setDraft] = useState(() => draftOf(limits))
  const read = limitsOfDraft(draft)
  const changed = JSON.stringify(read.limits) !== JSON.stringify(limits)
  const connections = detail?.usage?.connections ?? 0
  const wanted = read.limits?.connections ?? null
  const cut = wanted === null ? 0 : Math.max(0, connections - wanted)
  const field = (
    name: keyof Omit<LimitsDraft, 'jetStream'>,
    label: string,
    description?: string,
  ) => (
    <TextInput
      label={label}
      {...(description === undefined ? {} : { description })}
      placeholder="No limit"
      autoComplete="off"
      value={draft[name]}
      error={read.errors[name]}
      onChange={(event) => setDraft({ ...draft, [name]: event.currentTarget.value })}
    />
  )
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (read.limits !== undefined) set.mutate({ tenant: tenant.name, limits: read.limits })
      }}
    >
      {detail !== undefined && detail.sharedWith.length > 0 && (
        <Notice tone="warn" title="These limits are the shared account's">
          They count for {tenant.name} and {detail.sharedWith.join(', ')} together.
        </Notice>
      )}
      <Section title="Clients">
        <div className={styles.row}>
          {field('connections', 'Connections', 'Muster’s own connection counts.')}
          {field('subscriptions', 'Subscriptions', 'Of each connection.')}
          {field('payloadBytes', 'Message size', 'Such as 64 KiB.')}
          {field('dataBytes', 'Data', 'Recorded; nats-server does not enforce it.')}
        </div>
      </Section>
      <Section
        title="JetStream"
        aside={
          <Switch
            aria-label="JetStream"
            checked={draft.jetStream}
            onChange={(event) => setDraft({ ...draft, jetStream: event.currentTarget.checked })}
          />
        }
      >
        {draft.jetStream ? (
          <div className={styles.row}>
            {field('diskBytes', 'On disk', 'Empty leaves it to the server; 0 is none.')}
            {field('memoryBytes', 'In memory', 'Empty leaves it to the server; 0 is none.')}
            {field('streams', 'Streams')}
            {field('consumers', 'Consumers')}
          </div>
        ) : (
          <p className={styles.hint}>
            Off: the account can keep no streams. Streams that are there stay on disk and can not be
            read.
          </p>
        )}
      </Section>
      {cut > 0 && (
        <Notice tone="warn" title={`${cut} of ${connections} connections will be cut`}>
          The server closes those above the limit at once.
        </Notice>
      )}
      {set.isError && <ProblemNotice problem={problemOf(set.error)} />}
      <div className={styles.buttons}>
        <TemplateButton tenant={tenant.name} />
        <Button variant="default" disabled={!changed} onClick={() => setDraft(draftOf(limits))}>
          Reset
        </Button>
        <Button
          type="submit"
          disabled={!changed || read.limits === undefined}
          loading={set.isPending}
        >
          Set limits
        </Button>
      </div>
    </form>
  )
}
