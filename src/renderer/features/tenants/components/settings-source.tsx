import { Select } from '@mantine/core'
import type { SettingsSource } from '#shared/contract/tenants.ts'
import { useTenants } from '../../../lib/live/tenants.ts'
import { useTemplates } from '../api/templates.ts'

interface SettingsSourceFieldProps {
  readonly value: SettingsSource
  readonly onChange: (value: SettingsSource) => void
}

/** Where a new tenant's limits and mappings come from. */
export function SettingsSourceField({ value, onChange }: SettingsSourceFieldProps) {
  const templates = useTemplates().data ?? []
  const tenants = (useTenants() ?? []).filter(({ limits }) => limits !== null)
  return (
    <Select
      label="Limits and mappings"
      description="From a template, or copied from a tenant that is there."
      allowDeselect={false}
      searchable
      data={[
        { value: 'default', label: 'No limits, no mappings' },
        {
          group: 'Templates',
          items: templates.map(({ name }) => ({ value: `template ${name}`, label: name })),
        },
        {
          group: 'Copy of a tenant',
          items: tenants.map(({ name }) => ({ value: `tenant ${name}`, label: name })),
        },
      ]}
      value={textOf(value)}
      onChange={(chosen) => onChange(sourceOf(chosen ?? 'default'))}
    />
  )
}

function textOf(source: SettingsSource): string {
  if (source.from === 'template') return `template ${source.template}`
  return source.from === 'tenant' ? `tenant ${source.tenant}` : 'default'
}

function sourceOf(text: string): SettingsSource {
  const [from, name = ''] = text.split(' ')
  if (from === 'template') return { from, template: name }
  return from === 'tenant' ? { from, tenant: name } : { from: 'default' }
}
