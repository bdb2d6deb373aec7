import { Button, Skeleton } from '@mantine/core'
import { IconPrinter, IconReceipt } from '@tabler/icons-react'
import type { BundleReceipt } from '#shared/contract/bundles.ts'
import { useBundles } from '../../../lib/live/bundles.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import type { DataColumn } from '../../../ui/data-table/data-column.ts'
import { ListTable } from '../../../ui/data-table/list-table.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { ListDetail } from '../../../ui/page.tsx'
import { PanelBody, Section, SidePanel } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { usePrintReceipt } from '../api/create-bundle.ts'
import { KIND_WORDS, readBackWords, sealingWords } from '../bundle-words.ts'
import styles from './bundles.module.css'
import { ReceiptFiles } from './receipt-files.tsx'

const COLUMNS: readonly DataColumn<BundleReceipt>[] = [
  {
    id: 'name',
    title: 'Bundle',
    track: 'minmax(10rem, 1.6fr)',
    from: 0,
    cell: ({ name }) => <DeviceText text={name} />,
  },
  { id: 'kind', title: 'What', track: '9rem', from: 700, cell: ({ kind }) => KIND_WORDS[kind] },
  {
    id: 'tenant',
    title: 'Tenant',
    track: 'minmax(6rem, 1fr)',
    from: 660,
    cell: ({ tenant }) => <DeviceText text={tenant} />,
  },
  {
    id: 'credentials',
    title: 'Credentials',
    track: '6rem',
    from: 760,
    cell: ({ credentials }) => (
      <span className="m-numbers">{credentials.toLocaleString('en')}</span>
    ),
  },
  {
    id: 'to',
    title: 'Where to',
    track: 'minmax(8rem, 1.4fr)',
    from: 480,
    cell: ({ destination }) => <DeviceText text={destination.label} />,
  },
  {
    id: 'sealed',
    title: 'Sealed to',
    track: 'minmax(7rem, 1fr)',
    from: 880,
    cell: (receipt) =>
      receipt.sealing === 'plain' ? (
        <StateMark tone="warn" word="Open" />
      ) : (
        <DeviceText text={sealingWords(receipt)} />
      ),
  },
  { id: 'at', title: 'When', track: '7rem', from: 0, cell: ({ at }) => <TimeText at={at} /> },
]

const idOf = ({ id }: BundleReceipt) => id

interface ReceiptsPageProps {
  readonly receipt: string | undefined
  readonly onOpen: (id: string | undefined) => void
  readonly onCreate: () => void
}

/** What left this computer. */
export function ReceiptsPage({ receipt, onOpen, onCreate }: ReceiptsPageProps) {
  const receipts = useBundles()?.receipts
  if (receipts === undefined) {
    return (
      <div className={styles.page} aria-busy>
        <Skeleton height={260} radius="md" />
      </div>
    )
  }
  if (receipts.length === 0) {
    return (
      <EmptyState
        icon={IconReceipt}
        title="Nothing was handed over yet"
        actions={<Button onClick={onCreate}>Make a bundle</Button>}
      >
        Each bundle leaves a receipt: what, when, where to, by whom, with the hash of every file.
      </EmptyState>
    )
  }
  const open = receipts.find(({ id }) => id === receipt)
  return (
    <ListDetail
      detail={
        open === undefined ? null : (
          <ReceiptPanel receipt={open} onClose={() => onOpen(undefined)} />
        )
      }
    >
      <ListTable
        label="Receipts"
        columns={COLUMNS}
        rows={receipts}
        keyOf={idOf}
        active={receipt ?? null}
        onActivate={({ id }) => onOpen(id)}
        onOpen={({ id }) => onOpen(id)}
        onEscape={() => onOpen(undefined)}
      />
    </ListDetail>
  )
}

function ReceiptPanel({ receipt, onClose }: { receipt: BundleReceipt; onClose: () => void }) {
  const print = usePrintReceipt()
  const { destination, names, credentials, issued } = receipt
  return (
    <SidePanel
      label={`Receipt of ${receipt.name}`}
      title={<DeviceText text={receipt.name} wrap />}
      subtitle={`${KIND_WORDS[receipt.kind]}, tenant ${receipt.tenant}`}
      onClose={onClose}
      actions={
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPrinter size={15} aria-hidden />}
          loading={print.isPending}
          onClick={() => print.mutate(receipt.id)}
        >
          Print…
        </Button>
      }
    >
      <PanelBody focusKey={receipt.id}>
        <div className={styles.panelBody}>
          {print.isError && <ProblemNotice problem={problemOf(print.error)} />}
          <Section title="Handed over" aside={<CopyTextButton text={textOf(receipt)} />}>
            <Facts>
              <Fact name="When">
                <TimeText at={receipt.at} />
              </Fact>
              <Fact name="By">
                <bdi>{receipt.by}</bdi>
              </Fact>
              <Fact name="Where to">
                <bdi>{destination.label}</bdi>
              </Fact>
              <Fact name="Serial number">{destination.serial}</Fact>
              <Fact name="File system">{destination.fileSystem}</Fact>
              <Fact name="Read back">{readBackWords(destination)}</Fact>
              <Fact name="Copied by">{destination.syncedBy}</Fact>
              <Fact name="Sealed to">
                {receipt.sealing === 'plain' ? (
                  <StateMark tone="warn" word="Open for everybody" />
                ) : (
                  <bdi>{sealingWords(receipt)}</bdi>
                )}
              </Fact>
              <Fact name="Mesh">
                <span className={styles.mono}>{receipt.urls.join(', ')}</span>
              </Fact>
              <Fact name="Good until">
                {receipt.expiresAt !== null && <TimeText at={receipt.expiresAt} />}
              </Fact>
            </Facts>
          </Section>
          <Section title="Files">
            <ReceiptFiles receipt={receipt} />
          </Section>
          <Section title="Credentials">
            <p className={styles.hint}>
              {credentials.toLocaleString('en')}, of which {issued.toLocaleString('en')} were issued
              for it.
            </p>
            <bdi>{names.join(', ')}</bdi>
            {credentials > names.length &&
              ` and ${(credentials - names.length).toLocaleString('en')} more`}
          </Section>
          <Section title="Signature">
            <Facts>
              <Fact name="Signed by">
                <span className={styles.sum}>{receipt.signedBy}</span>
              </Fact>
              <Fact name="Manifest">
                <span className={styles.sum}>SHA-256 {receipt.manifestSha256}</span>
              </Fact>
            </Facts>
          </Section>
        </div>
      </PanelBody>
    </SidePanel>
  )
}

/** For a ticket or a mail. */
function textOf(receipt: BundleReceipt): string {
  const { name, kind, tenant, at, by, destination, credentials, files, id } = receipt
  return [
    `${KIND_WORDS[kind]} ${name}, tenant ${tenant}`,
    `${at}, by ${by}, to ${destination.label}${destination.serial === null ? '' : ` (serial ${destination.serial})`}`,
    `${credentials} credentials, sealed to: ${sealingWords(receipt)}`,
    ...files.map((file) => `${file.sha256}  ${file.name}`),
    `Receipt ${id}`,
  ].join('\n')
}
