import { useState } from 'react'
import { ActionIcon, Button, Modal, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { StrictName } from '#shared/contract/common.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { SubmitRow } from '../../../ui/submit-row.tsx'
import { useRemoveTemplate, useSaveTemplate, useTemplates } from '../api/templates.ts'
import { useTenantSettings } from '../api/tenant-queries.ts'
import { limitsText } from '../limit-text.ts'
import panel from './tenant-panel.module.css'
import styles from './tenant-forms.module.css'

/** Keeps a tenant's limits and mappings as a template for new ones. */
export function TemplateButton({ tenant }: { tenant: string }) {
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button variant="subtle" color="gray" onClick={() => setAsking(true)}>
        Save as template…
      </Button>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title="Save limits and mappings as a template"
      >
        {asking && <TemplateForm tenant={tenant} onClose={() => setAsking(false)} />}
      </Modal>
    </>
  )
}

function TemplateForm({ tenant, onClose }: { tenant: string; onClose: () => void }) {
  const settings = useTenantSettings(tenant)
  const templates = useTemplates().data ?? []
  const save = useSaveTemplate()
  const remove = useRemoveTemplate()
  const [name, setName] = useState('')
  const error = name === '' ? undefined : StrictName.safeParse(name).error?.issues[0]?.message
  const replaces = templates.some((template) => template.name === name)
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (settings.data === undefined || name === '' || error !== undefined) return
        save.mutate({ name, settings: settings.data }, { onSuccess: onClose })
      }}
    >
      <TextInput
        label="Name"
        data-autofocus
        autoComplete="off"
        maxLength={64}
        value={name}
        error={error}
        onChange={(event) => setName(event.currentTarget.value.trim())}
      />
      {settings.data !== undefined && (
        <p className={styles.hint}>
          Limits: {limitsText(settings.data.limits)}. Mappings: {settings.data.mappings.length}; the
          name {tenant} in them becomes the name of the new tenant.
        </p>
      )}
      {replaces && <Notice tone="warn">The template {name} will be replaced.</Notice>}
      {settings.isError && <ProblemNotice problem={problemOf(settings.error)} />}
      {save.isError && <ProblemNotice problem={problemOf(save.error)} />}
      {templates.length > 0 && (
        <ul className={panel.items} aria-label="Templates">
          {templates.map((template) => (
            <li key={template.name} className={panel.item}>
              <div className={panel.itemText}>
                <div className="m-strong">{template.name}</div>
                <div className={panel.note}>{limitsText(template.settings.limits)}</div>
              </div>
              <ActionIcon
                aria-label={`Remove the template ${template.name}`}
                onClick={() => remove.mutate({ name: template.name })}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
      <SubmitRow
        onCancel={onClose}
        disabled={name === '' || error !== undefined || settings.data === undefined}
        loading={save.isPending}
      >
        {replaces ? 'Replace it' : 'Save'}
      </SubmitRow>
    </form>
  )
}
