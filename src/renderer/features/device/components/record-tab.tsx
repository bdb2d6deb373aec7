import type { DeviceRecord } from '#shared/contract/fleet.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { JsonView } from '../../../ui/json-view.tsx'
import { Section } from '../../../ui/side-panel.tsx'

/** The record as the registry holds it. */
export function RecordTab({ record }: { record: DeviceRecord }) {
  return (
    <Section title="As the registry holds it" aside={<CopyTextButton text={record.raw} />}>
      <JsonView json={record.raw} label="Record of the device" />
    </Section>
  )
}
