import { useState } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { IconPlus, IconTicket } from '@tabler/icons-react'
import type { Enrollment } from '#shared/contract/enrollment.ts'
import { useEnrollments } from '../../../lib/live/enrollment.ts'
import type { DataColumn } from '../../../ui/data-table/data-column.ts'
import { ListTable } from '../../../ui/data-table/list-table.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { ListDetail } from '../../../ui/page.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { Countdown, TimeText } from '../../../ui/time-text.tsx'
import { isOpen, STATE_WORDS } from '../enrollment-words.ts'
import styles from './bundles.module.css'
import { EnrollDialog } from './enroll-dialog.tsx'
import { EnrollmentPanel } from './enrollment-panel.tsx'

const COLUMNS: readonly DataColumn<Enrollment>[] = [
  {
    id: 'name',
    title: 'For',
    track: 'minmax(9rem, 1.6fr)',
    from: 0,
    cell: ({ name }) => <DeviceText text={name} />,
  },
  {
    id: 'kind',
    title: 'What',
    track: '6rem',
    from: 720,
    cell: ({ kind }) => (kind === 'collector' ? 'Collector' : 'Device'),
  },
  {
    id: 'tenant',
    title: 'Tenant',
    track: 'minmax(6rem, 1fr)',
    from: 600,
    cell: ({ tenant }) => <DeviceText text={tenant} />,
  },
  {
    id: 'state',
    title: 'State',
    track: '8rem',
    from: 0,
    cell: ({ state }) => (
      <StateMark tone={STATE_WORDS[state].tone} word={STATE_WORDS[state].word} />
    ),
  },
  {
    id: 'since',
    title: 'Since',
    track: '7rem',
    from: 480,
    cell: ({ history }) => <TimeText at={history.at(-1)?.at ?? null} />,
  },
  {
    id: 'left',
    title: 'Token good for',
    track: '8rem',
    from: 820,
    cell: (enrollment) =>
      isOpen(enrollment) ? (
        <Countdown until={enrollment.expiresAt} />
      ) : (
        <span className="m-muted">–</span>
      ),
  },
  {
    id: 'by',
    title: 'Fetched by',
    track: 'minmax(7rem, 1fr)',
    from: 960,
    cell: ({ fetchedBy }) => <span className="m-numbers">{fetchedBy}</span>,
  },
]

const idOf = ({ id }: Enrollment) => id

/** Opens the dialog for a new token. */
export function NewTokenButton({ tenant }: { tenant: string }) {
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAsking(true)}>
        New token…
      </Button>
      <EnrollDialog tenant={tenant} opened={asking} onClose={() => setAsking(false)} />
    </>
  )
}

interface EnrollmentPageProps {
  readonly enrollment: string | undefined
  readonly onOpen: (id: string | undefined) => void
}

/** Tokens that were given out, and what became of them. */
export function EnrollmentPage({ enrollment, onOpen }: EnrollmentPageProps) {
  const live = useEnrollments()
  if (live === undefined) {
    return (
      <div className={styles.page} aria-busy>
        <Skeleton height={260} radius="md" />
      </div>
    )
  }
  const { enrollments, servers } = live
  const open = enrollments.find(({ id }) => id === enrollment)
  if (enrollments.length === 0) {
    return (
      <EmptyState icon={IconTicket} title="No token was given out">
        Whoever has a token fetches one package over TLS, once: a collector or a device. Nothing is
        issued before.
      </EmptyState>
    )
  }
  return (
    <ListDetail
      detail={
        open === undefined ? null : (
          <EnrollmentPanel enrollment={open} onClose={() => onOpen(undefined)} />
        )
      }
    >
      {servers.map(
        ({ url, problem }) =>
          problem !== null && (
            <div key={url} className={styles.bar}>
              <ProblemNotice problem={problem} />
            </div>
          ),
      )}
      <ListTable
        label="Enrollment"
        columns={COLUMNS}
        rows={enrollments}
        keyOf={idOf}
        active={enrollment ?? null}
        onActivate={({ id }) => onOpen(id)}
        onOpen={({ id }) => onOpen(id)}
        onEscape={() => onOpen(undefined)}
      />
    </ListDetail>
  )
}
