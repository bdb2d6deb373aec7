import { useMemo, useState } from 'react'
import {
  Button,
  Checkbox,
  FileButton,
  MultiSelect,
  NumberInput,
  SegmentedControl,
  Select,
  TagsInput,
  Textarea,
} from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import type { BundleChoice, BundleKind, StarterName } from '#shared/contract/bundles.ts'
import { useFleet } from '../../../lib/live/fleet.ts'
import { useTenants } from '../../../lib/live/tenants.ts'
import { PathInput } from '../../../ui/path-input.tsx'
import { MAX_DAYS } from '../bundle-draft.ts'
import { readDeviceKeys, type DeviceKey } from '../device-keys.ts'
import styles from './bundles.module.css'

const KINDS: readonly { readonly value: BundleKind; readonly label: string }[] = [
  { value: 'devices', label: 'Devices' },
  { value: 'tenant', label: 'Whole tenant' },
  { value: 'collector', label: 'Collector' },
  { value: 'context', label: 'nats context' },
  { value: 'leaf-node', label: 'Leaf node' },
]

const KIND_HINTS: Readonly<Record<BundleKind, string>> = {
  devices: 'A credential file for each device that you choose, with settings and a README.',
  tenant: 'Every device of the tenant, as the zip that the field’s tools read.',
  collector: 'A service that hears the tenant’s events, with an installer for systemd.',
  context: 'For people with the nats command line: one login as a console, with an installer.',
  'leaf-node':
    'A nats-server for a site, connected to the mesh: configuration, credential, firewall notes, connectivity check.',
}

const STARTERS: readonly { readonly value: StarterName; readonly label: string }[] = [
  { value: 'device-python', label: 'Device in Python' },
  { value: 'device-typescript', label: 'Device in TypeScript' },
  { value: 'greenhouse', label: 'Greenhouse demo, three devices' },
  { value: 'agent', label: 'Agent for a language model' },
]

/** Devices offered at once; whoever looks for another types more of its name. */
const MAX_OFFERED = 50

interface ChooseWhatProps {
  readonly choice: BundleChoice
  readonly onChange: (change: Partial<BundleChoice>) => void
}

/** What goes into the bundle. */
export function ChooseWhat({ choice, onChange }: ChooseWhatProps) {
  const tenants = useTenants() ?? []
  const ofDevices = choice.kind === 'devices' || choice.kind === 'tenant'
  return (
    <>
      <SegmentedControl
        aria-label="Kind"
        value={choice.kind}
        onChange={(value) => onChange({ kind: value })}
        data={[...KINDS]}
        fullWidth
      />
      <p className={styles.hint}>{KIND_HINTS[choice.kind]}</p>
      <div className={styles.row}>
        <Select
          label="Tenant"
          placeholder="Choose"
          data={tenants.filter(({ account }) => account !== null).map(({ name }) => name)}
          value={choice.tenant === '' ? null : choice.tenant}
          onChange={(tenant) => onChange({ tenant: tenant ?? '', devices: [] })}
          searchable
        />
        <NumberInput
          label="New credentials are valid for"
          suffix=" days"
          min={1}
          max={MAX_DAYS}
          allowDecimal={false}
          value={choice.validDays}
          onChange={(value) => onChange({ validDays: Math.min(MAX_DAYS, Number(value) || 1) })}
        />
      </div>
      {ofDevices && <DeviceChoice choice={choice} onChange={onChange} />}
    </>
  )
}

function DeviceChoice({ choice, onChange }: ChooseWhatProps) {
  const fleet = useFleet()?.devices
  const [open, setOpen] = useState(false)
  const ids = useMemo(() => {
    const known = (fleet ?? [])
      .filter(({ tenant }) => tenant === choice.tenant)
      .map(({ deviceId }) => deviceId)
    return [...new Set([...choice.devices, ...known])].toSorted((one, other) =>
      one.localeCompare(other),
    )
  }, [fleet, choice.tenant, choice.devices])
  const all = choice.kind === 'tenant'
  return (
    <>
      <MultiSelect
        label="Devices"
        description={
          all ? 'None chosen: all devices of the tenant that have a credential.' : undefined
        }
        placeholder={choice.devices.length === 0 ? 'Type a part of the name' : ''}
        data={ids}
        limit={MAX_OFFERED}
        maxDropdownHeight={260}
        value={choice.devices}
        onChange={(devices) => onChange({ devices })}
        searchable
        hidePickedOptions
        nothingFoundMessage="No such device in this tenant"
        disabled={choice.tenant === ''}
      />
      <TagsInput
        label="New devices"
        description="Names of devices that are not there yet; Enter or a comma after each."
        value={choice.newDevices}
        onChange={(newDevices) => onChange({ newDevices })}
        splitChars={[',', ' ', '\n', '\t']}
        disabled={choice.tenant === ''}
      />
      <SegmentedControl
        aria-label="Private keys"
        value={choice.keys}
        onChange={(value) => onChange({ keys: value === 'keep' ? 'keep' : 'new' })}
        data={[
          { value: 'new', label: 'New keys, in the bundle' },
          { value: 'keep', label: 'Devices keep their keys' },
        ]}
      />
      <p className={styles.hint}>
        {choice.keys === 'new'
          ? 'Muster keeps no private keys of devices. Each device gets a new credential with a new key, which is in the bundle only; the present one stays good until you revoke it.'
          : 'The credentials as they are, without private keys: each works on the very device that has its key.'}
      </p>
      <Button
        variant="subtle"
        size="compact-sm"
        className={styles.more}
        aria-expanded={open}
        rightSection={<IconChevronDown size={14} aria-hidden data-open={open} />}
        onClick={() => setOpen(!open)}
      >
        Files, certificates, programs
      </Button>
      {open && <MoreChoice choice={choice} onChange={onChange} />}
    </>
  )
}

/** What most bundles do without. */
function MoreChoice({ choice, onChange }: ChooseWhatProps) {
  return (
    <>
      <PathInput
        label="Credential files that you have"
        kind="folder"
        description="Optional. A folder with *.creds.json of these devices: those are packed again with their keys, and nothing new is issued for them."
        value={choice.credentialFolder}
        onChange={(credentialFolder) => onChange({ credentialFolder })}
      />
      <OwnKeys onChange={(deviceKeys) => onChange({ deviceKeys })} />
      <div className={styles.row}>
        <Checkbox
          label="Also as NAME.creds"
          description="For tools of NATS itself."
          checked={choice.alsoCreds}
          onChange={(event) => onChange({ alsoCreds: event.currentTarget.checked })}
        />
        <Checkbox
          label="Certificates as files too"
          description="For devices that take the CA as a path only."
          checked={choice.certificates === 'files'}
          onChange={(event) =>
            onChange({ certificates: event.currentTarget.checked ? 'files' : 'inline' })
          }
        />
      </div>
      <MultiSelect
        label="Programs to begin with"
        placeholder={choice.starters.length === 0 ? 'None' : ''}
        data={[...STARTERS]}
        value={choice.starters}
        onChange={(starters) => onChange({ starters })}
        clearable
      />
    </>
  )
}

/** Keys that devices made themselves: typed, pasted, or out of a file. */
function OwnKeys({ onChange }: { onChange: (keys: DeviceKey[]) => void }) {
  const [text, setText] = useState('')
  const { keys, problem } = readDeviceKeys(text)
  const change = (next: string) => {
    setText(next)
    const read = readDeviceKeys(next)
    onChange(read.problem === null ? [...read.keys] : [])
  }
  return (
    <Textarea
      label="Keys that devices made themselves"
      description="A device and its public key (U…) on each line. A credential is issued for that key; the private one stays on the device."
      placeholder="pump-17 UAB3…"
      classNames={{ input: styles.mono ?? '' }}
      autosize
      minRows={2}
      maxRows={8}
      spellCheck={false}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      error={problem}
      rightSectionWidth="6rem"
      rightSection={
        <FileButton
          accept=".txt,.csv,text/plain"
          onChange={(file) => {
            if (file !== null) void file.text().then((more) => change(joined(text, more)))
          }}
        >
          {(props) => (
            <Button {...props} variant="subtle" size="compact-sm">
              {keys.length === 0 ? 'File…' : `${keys.length.toLocaleString('en')} read`}
            </Button>
          )}
        </FileButton>
      }
    />
  )
}

function joined(text: string, more: string): string {
  return text.trim() === '' ? more : `${text.trimEnd()}\n${more}`
}
