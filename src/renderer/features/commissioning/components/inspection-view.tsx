import { Button, Skeleton } from '@mantine/core'
import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import type { Tenant } from '#shared/contract/tenants.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { PanelBody, Section } from '../../../ui/side-panel.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { useInspection } from '../api/inspect-device.ts'
import { CommissionForm } from './commission-form.tsx'

interface InspectionViewProps {
  readonly device: DiscoveredDevice
  readonly tenants: readonly Tenant[] | undefined
  readonly preferredTenant: string | null
  /** Whether this mesh takes new devices at all. */
  readonly canIssue: boolean
  readonly onStarted: () => void
}

/** What the device says of itself, then the form that commissions it. */
export function InspectionView(props: InspectionViewProps) {
  const { device, tenants, preferredTenant, canIssue, onStarted } = props
  const inspection = useInspection(device.key)
  const found = inspection.data
  return (
    <PanelBody>
      {device.conflict && <ConflictNotice />}
      {inspection.isPending && <Asking device={device} />}
      {inspection.isError && (
        <ProblemNotice
          problem={problemOf(inspection.error)}
          actions={
            <Button
              size="sm"
              variant="default"
              loading={inspection.isFetching}
              onClick={() => void inspection.refetch()}
            >
              Ask again
            </Button>
          }
        />
      )}
      {found !== undefined && (
        <>
          <Section title="What the device says">
            <Facts>
              <Fact name="Type">
                {found.deviceType === null ? null : <DeviceText text={found.deviceType} wrap />}
              </Fact>
              <Fact name="State">
                <DeviceText text={found.state} wrap />
              </Fact>
              <Fact name="Answers at">
                <DeviceText text={found.address} mono wrap />
              </Fact>
              <Fact name="Can do">
                {found.capabilities.length === 0 ? null : (
                  <Capabilities names={found.capabilities} />
                )}
              </Fact>
            </Facts>
          </Section>
          {canIssue ? (
            <CommissionForm
              key={found.publicKey ?? ''}
              inspection={found}
              tenants={tenants}
              preferredTenant={preferredTenant}
              canCreateTenant={canIssue}
              onStarted={onStarted}
            />
          ) : (
            <Notice tone="warn" title="This mesh cannot take new devices here">
              Muster does not hold a signing key of its tenants. Switch to the local mesh in
              Settings, or ask whoever runs this mesh for a signing key.
            </Notice>
          )}
        </>
      )}
    </PanelBody>
  )
}

function Asking({ device }: { device: DiscoveredDevice }) {
  const address = device.addresses[0] ?? device.host ?? device.deviceId
  return (
    <div role="status">
      <p className="m-muted" style={{ margin: '0 0 0.75rem' }}>
        Asking the device at <bdi className="m-mono">{address}</bdi>…
      </p>
      <Skeleton height={14} width="60%" mb={10} />
      <Skeleton height={14} width="45%" mb={20} />
      <Skeleton height={92} mb={16} radius="md" />
      <Skeleton height={52} />
    </div>
  )
}

function ConflictNotice() {
  return (
    <Notice tone="warn" title="Two devices claim this id">
      Compare the fingerprint with the label before you type the PIN: one of them may be a fake, or
      two devices were given the same identity.
    </Notice>
  )
}

const SHOWN_CAPABILITIES = 12

function Capabilities({ names }: { names: readonly string[] }) {
  const hidden = names.length - SHOWN_CAPABILITIES
  return (
    <span style={{ display: 'flex', flexWrap: 'wrap', gap: 4 }}>
      {names.slice(0, SHOWN_CAPABILITIES).map((name) => (
        <Tag key={name}>
          <DeviceText text={name} />
        </Tag>
      ))}
      {hidden > 0 && <span className="m-muted">and {hidden} more</span>}
    </span>
  )
}
