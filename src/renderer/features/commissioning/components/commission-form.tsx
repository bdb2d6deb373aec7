import { useEffect, useRef, useState } from 'react'
import { Button, Checkbox, Collapse, TextInput, UnstyledButton } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import type { DeviceInspection } from '#shared/contract/commissioning.ts'
import type { Tenant } from '#shared/contract/tenants.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useStartCommissioning } from '../api/start-commissioning.ts'
import { useStickyChoices } from '../hooks/use-sticky-choices.ts'
import { pinDigits } from '../pin-text.ts'
import styles from './commission-form.module.css'
import { Fingerprint } from './fingerprint.tsx'
import { PinInput } from './pin-input.tsx'
import { TenantField } from './tenant-field.tsx'

interface CommissionFormProps {
  readonly inspection: DeviceInspection
  /** Undefined until main told them. */
  readonly tenants: readonly Tenant[] | undefined
  /** The tenant whose devices are being looked at, if one. */
  readonly preferredTenant: string | null
  readonly canCreateTenant: boolean
  readonly onStarted: () => void
}

/** Proves the PIN of a device and gives it its place. */
export function CommissionForm(props: CommissionFormProps) {
  const { inspection, tenants, preferredTenant, canCreateTenant, onStarted } = props
  const sticky = useStickyChoices()
  const pin = useRef<HTMLInputElement>(null)
  const [whole, setWhole] = useState(false)
  const [complaint, setComplaint] = useState<string | null>(null)
  const [chosenTenant, setTenant] = useState<string | null>(null)
  const [accepted, setAccepted] = useState(false)
  const [facts, setFacts] = useState<Facts>({ name: '', deviceType: '', zone: sticky.zone })
  const tenant = chosenTenant ?? defaultTenant(tenants ?? [], preferredTenant, sticky.tenant)
  const start = useStartCommissioning(() => ({
    key: inspection.key,
    pin: pinDigits(pin.current?.value ?? ''),
    tenant: tenant ?? '',
    publicKey: inspection.publicKey,
    ...givenFacts(facts),
  }))
  // The form is made anew for each device, when its fingerprint is on the screen.
  useEffect(() => pin.current?.focus({ preventScroll: true }), [])

  const submit = () => {
    setComplaint(whole ? null : 'A PIN has eight digits. Nothing was sent to the device.')
    if (!whole) return pin.current?.focus()
    if (tenant === null || (inspection.seedWouldTravel && !accepted)) return
    start.mutate(undefined, {
      onSuccess: () => {
        if (pin.current !== null) pin.current.value = ''
        sticky.keep({ tenant, zone: facts.zone })
        onStarted()
      },
    })
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      {inspection.fingerprint !== null && <Fingerprint fingerprint={inspection.fingerprint} />}
      {inspection.seedWouldTravel && <SeedWarning accepted={accepted} onChange={setAccepted} />}
      <PinInput field={pin} onWhole={setWhole} error={complaint} disabled={start.isPending} />
      <TenantField
        tenants={tenants}
        value={tenant}
        onChange={setTenant}
        disabled={start.isPending}
        canCreate={canCreateTenant}
      />
      <MoreFacts facts={facts} onChange={setFacts} suggestedType={inspection.deviceType} />
      {start.isError && <ProblemNotice problem={problemOf(start.error)} />}
      <Button
        type="submit"
        size="lg"
        fullWidth
        loading={start.isPending}
        disabled={tenant === null || (inspection.seedWouldTravel && !accepted)}
      >
        Commission
      </Button>
    </form>
  )
}

interface Facts {
  readonly name: string
  readonly deviceType: string
  readonly zone: string
}

function givenFacts(facts: Facts): Partial<Facts> {
  return Object.fromEntries(
    Object.entries(facts)
      .map(([key, value]: [string, string]) => [key, value.trim()])
      .filter(([, value]) => value !== ''),
  )
}

function defaultTenant(
  tenants: readonly Tenant[],
  preferred: string | null,
  last: string | null,
): string | null {
  const usable = tenants.filter(({ state }) => state !== 'error').map(({ name }) => name)
  return (
    [preferred, last].find((name) => name !== null && usable.includes(name)) ?? usable[0] ?? null
  )
}

interface SeedWarningProps {
  readonly accepted: boolean
  readonly onChange: (accepted: boolean) => void
}

function SeedWarning({ accepted, onChange }: SeedWarningProps) {
  return (
    <Notice tone="warn" title="This device has no key of its own">
      <p style={{ margin: '0 0 0.625rem' }}>
        Muster would make one and send it over this network in clear text. Whoever listens now can
        act as this device later. Better use a device with its own key, or a cable that nobody else
        is on.
      </p>
      <Checkbox
        checked={accepted}
        onChange={(event) => onChange(event.currentTarget.checked)}
        label="I understand; send the key in clear text"
      />
    </Notice>
  )
}

interface MoreFactsProps {
  readonly facts: Facts
  readonly onChange: (facts: Facts) => void
  readonly suggestedType: string | null
}

function MoreFacts({ facts, onChange, suggestedType }: MoreFactsProps) {
  const [open, setOpen] = useState(facts.zone !== '')
  return (
    <div>
      <UnstyledButton
        className={styles.more}
        aria-expanded={open}
        onClick={() => setOpen((before) => !before)}
      >
        <IconChevronRight size={15} data-open={open} aria-hidden />
        Name, type and zone (optional)
      </UnstyledButton>
      <Collapse expanded={open}>
        <div className={styles.extra}>
          <TextInput
            label="Name"
            value={facts.name}
            maxLength={128}
            onChange={(event) => onChange({ ...facts, name: event.currentTarget.value })}
          />
          <TextInput
            label="Type"
            placeholder={suggestedType ?? ''}
            value={facts.deviceType}
            maxLength={128}
            onChange={(event) => onChange({ ...facts, deviceType: event.currentTarget.value })}
          />
          <TextInput
            label="Zone"
            description="Where it stands; kept for the next device."
            value={facts.zone}
            maxLength={256}
            onChange={(event) => onChange({ ...facts, zone: event.currentTarget.value })}
          />
        </div>
      </Collapse>
    </div>
  )
}
