import { useEffect } from 'react'
import { Select, Switch } from '@mantine/core'
import { IconDeviceLaptop, IconRouter } from '@tabler/icons-react'
import type { MeshReach, NetworkAddress } from '#shared/contract/mesh.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ChoiceCards } from '../../../ui/choice-cards.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useNetworkAddresses } from '../api/network-addresses.ts'

interface ReachFieldsProps {
  readonly value: MeshReach
  readonly onChange: (reach: MeshReach) => void
}

/** Who can reach the local mesh, by which address, and whether TLS protects it. */
export function ReachFields({ value, onChange }: ReachFieldsProps) {
  const addresses = useNetworkAddresses()
  const choose = (kind: MeshReach['kind']) =>
    onChange(
      kind === 'loopback'
        ? { kind }
        : { kind, address: addresses.data?.[0]?.address ?? '', tls: true },
    )
  // Chosen before the addresses were known: the first is offered as soon as they are.
  const first = addresses.data?.[0]?.address
  useEffect(() => {
    if (value.kind === 'network' && value.address === '' && first !== undefined) {
      onChange({ ...value, address: first })
    }
  }, [value, first, onChange])
  return (
    <>
      <ChoiceCards
        label="Who connects to this mesh?"
        value={value.kind}
        onChange={choose}
        choices={[
          {
            value: 'loopback',
            icon: IconDeviceLaptop,
            title: 'This computer only',
            text: 'For trying things out. Devices elsewhere cannot connect. You can open it later.',
          },
          {
            value: 'network',
            icon: IconRouter,
            title: 'Devices on my network',
            text: 'For real devices. They connect to an address of this computer that you pick.',
          },
        ]}
      />
      {value.kind === 'network' && (
        <>
          <AddressSelect
            addresses={addresses.data}
            value={value.address}
            onChange={(address) => onChange({ ...value, address })}
          />
          {addresses.isError && <ProblemNotice problem={problemOf(addresses.error)} />}
          <TlsSwitch value={value.tls} onChange={(tls) => onChange({ ...value, tls })} />
        </>
      )}
    </>
  )
}

interface AddressSelectProps {
  readonly addresses: readonly NetworkAddress[] | undefined
  readonly value: string
  readonly onChange: (address: string) => void
}

function AddressSelect({ addresses, value, onChange }: AddressSelectProps) {
  const known = addresses ?? []
  return (
    <Select
      label="Address of this computer"
      description="It is written into the credentials of devices, so pick one that stays: a fixed address or a DHCP reservation."
      placeholder={addresses === undefined ? 'Looking…' : 'Pick an address'}
      nothingFoundMessage="This computer has no network address."
      allowDeselect={false}
      data={known.map(({ address, interfaceName }) => ({
        value: address,
        label: `${address} (${interfaceName})`,
      }))}
      value={value === '' ? null : value}
      onChange={(address) => onChange(address ?? '')}
    />
  )
}

function TlsSwitch({ value, onChange }: { value: boolean; onChange: (tls: boolean) => void }) {
  return (
    <>
      <Switch
        checked={value}
        onChange={(event) => onChange(event.currentTarget.checked)}
        label="Encrypt connections (TLS)"
        description="With a certificate authority of this mesh, which devices get with their credentials."
      />
      {!value && (
        <Notice tone="warn" title="Without TLS, others on this network can read along">
          Device states, events and calls cross the network in clear text, and somebody between a
          device and this computer can change them. Private keys are never sent. Use this only for
          devices that take a certificate authority as a file path and not in their credentials.
        </Notice>
      )}
    </>
  )
}
