import { useState, type ReactNode } from 'react'
import { ActionIcon, Button, Skeleton, Tooltip } from '@mantine/core'
import { IconArrowRight, IconPlus, IconTrash } from '@tabler/icons-react'
import type { Tenant, TenantWiring } from '#shared/contract/tenants.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { Section } from '../../../ui/side-panel.tsx'
import { SubjectText } from '../../../ui/subject-text.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { useRemoveImport, useRemoveMapping, useWiring } from '../api/tenant-wiring.ts'
import { ExportDialog } from './export-dialog.tsx'
import { ImportDialog } from './import-dialog.tsx'
import { MappingDialog } from './mapping-dialog.tsx'
import { RemoveExportDialog } from './remove-export-dialog.tsx'
import styles from './tenant-panel.module.css'

type Crossing = 'stream' | 'service'

/** What crosses the border of the tenant's account, and which subjects lead elsewhere in it. */
export function WiringTab({ tenant }: { tenant: Tenant }) {
  const wiring = useWiring(tenant.name)
  if (wiring.isError && wiring.data === undefined) {
    return <ProblemNotice problem={problemOf(wiring.error)} />
  }
  if (wiring.data === undefined) return <Skeleton height={260} radius="md" />
  const { sharedWith } = wiring.data
  return (
    <>
      {sharedWith.length > 0 && (
        <Notice tone="warn" title="This is the wiring of the shared account">
          It concerns {sharedWith.join(', ')} too.
        </Notice>
      )}
      <Exports tenant={tenant.name} exports={wiring.data.exports} />
      <Imports tenant={tenant.name} imports={wiring.data.imports} />
      <Mappings tenant={tenant.name} mappings={wiring.data.mappings} />
    </>
  )
}

function AddButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      leftSection={<IconPlus size={14} />}
      onClick={onClick}
      aria-label={label}
    >
      Add
    </Button>
  )
}

function Exports({ tenant, exports }: { tenant: string; exports: TenantWiring['exports'] }) {
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<TenantWiring['exports'][number] | null>(null)
  return (
    <Section
      title="Exports"
      aside={<AddButton label="Add an export" onClick={() => setAdding(true)} />}
    >
      <Items label="Exports" empty="Nothing is offered to other accounts.">
        {exports.map((offered) => (
          <Item
            key={`${offered.type} ${offered.subject}`}
            type={offered.type}
            ours={offered.ours}
            subject={offered.subject}
            note={
              offered.importedBy.length === 0
                ? 'Nobody takes it'
                : `Taken by ${offered.importedBy.join(', ')}`
            }
            onRemove={() => setRemoving(offered)}
          />
        ))}
      </Items>
      <ExportDialog tenant={tenant} opened={adding} onClose={() => setAdding(false)} />
      <RemoveExportDialog tenant={tenant} offered={removing} onClose={() => setRemoving(null)} />
    </Section>
  )
}

function Imports({ tenant, imports }: { tenant: string; imports: TenantWiring['imports'] }) {
  const [adding, setAdding] = useState(false)
  const remove = useRemoveImport()
  return (
    <Section
      title="Imports"
      aside={<AddButton label="Add an import" onClick={() => setAdding(true)} />}
    >
      {remove.isError && <ProblemNotice problem={problemOf(remove.error)} />}
      <Items label="Imports" empty="Nothing is taken from other accounts.">
        {imports.map((taken) => (
          <Item
            key={`${taken.type} ${taken.from} ${taken.subject}`}
            type={taken.type}
            ours={taken.ours}
            subject={taken.subject}
            note={
              <>
                From {taken.from}
                {taken.localSubject !== taken.subject && (
                  <>
                    , here as <SubjectText subject={taken.localSubject} />
                  </>
                )}
              </>
            }
            onRemove={() => {
              const { from, subject, type } = taken
              remove.mutate({ tenant, from, subject, type })
            }}
          />
        ))}
      </Items>
      <ImportDialog tenant={tenant} opened={adding} onClose={() => setAdding(false)} />
    </Section>
  )
}

function Mappings({ tenant, mappings }: { tenant: string; mappings: TenantWiring['mappings'] }) {
  const [adding, setAdding] = useState(false)
  const remove = useRemoveMapping()
  return (
    <Section
      title="Subject mappings"
      aside={<AddButton label="Add a mapping" onClick={() => setAdding(true)} />}
    >
      {remove.isError && <ProblemNotice problem={problemOf(remove.error)} />}
      <Items label="Subject mappings" empty="Every message stays on its subject.">
        {mappings.map(({ subject, destinations }) => (
          <Item
            key={subject}
            subject={subject}
            note={destinations.map((destination) => (
              <div key={destination.subject}>
                <IconArrowRight size={13} aria-label="leads to" />{' '}
                <SubjectText subject={destination.subject} />
                {destination.weight < 100 && ` ${destination.weight} %`}
              </div>
            ))}
            onRemove={() => remove.mutate({ tenant, subject })}
          />
        ))}
      </Items>
      <MappingDialog tenant={tenant} opened={adding} onClose={() => setAdding(false)} />
    </Section>
  )
}

function Items(props: { label: string; empty: string; children: readonly ReactNode[] }) {
  if (props.children.length === 0) {
    return (
      <p className={styles.note} style={{ margin: 0 }}>
        {props.empty}
      </p>
    )
  }
  return (
    <ul className={styles.items} aria-label={props.label}>
      {props.children}
    </ul>
  )
}

interface ItemProps {
  readonly type?: Crossing
  readonly ours?: boolean
  readonly subject: string
  readonly note: ReactNode
  readonly onRemove: () => void
}

function Item({ type, ours = false, subject, note, onRemove }: ItemProps) {
  return (
    <li className={styles.item}>
      <div className={styles.itemText}>
        <SubjectText subject={subject} />
        <div className={styles.note}>{note}</div>
      </div>
      {type !== undefined && <Tag>{type}</Tag>}
      {ours ? (
        <Tooltip label="Muster’s way to the registry; it goes with the tenant">
          <span>
            <Tag>Muster</Tag>
          </span>
        </Tooltip>
      ) : (
        <ActionIcon aria-label={`Remove ${subject}`} onClick={onRemove}>
          <IconTrash size={16} />
        </ActionIcon>
      )}
    </li>
  )
}
