import { Button } from '@mantine/core'
import {
  IconChevronRight,
  IconCloudNetwork,
  IconDeviceLaptop,
  IconKey,
  IconLifebuoy,
  type TablerIcon,
} from '@tabler/icons-react'
import { useConnections } from '../../features/mesh/api/connections.ts'
import { useUseMesh } from '../../features/mesh/api/use-mesh.ts'
import { problemOf } from '../../lib/problem.ts'
import { DeviceText } from '../../ui/device-text.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import styles from './first-run.module.css'

export type Way = 'local' | 'remote' | 'store' | 'restore'

interface WelcomeStepProps {
  readonly onChoose: (way: Way) => void
  readonly onDone: () => void
}

const WAYS: readonly { way: Way; icon: TablerIcon; title: string; text: string }[] = [
  {
    way: 'local',
    icon: IconDeviceLaptop,
    title: 'Create a mesh on this computer',
    text: 'Keys, server and registry, ready in seconds. Works without internet.',
  },
  {
    way: 'remote',
    icon: IconCloudNetwork,
    title: 'Connect to a mesh you already have',
    text: 'With its addresses and a credentials file.',
  },
  {
    way: 'store',
    icon: IconKey,
    title: 'Bring in a store of nsc',
    text: 'You run servers already, with keys that nsc or the setup scripts made.',
  },
  {
    way: 'restore',
    icon: IconLifebuoy,
    title: 'Restore from a recovery kit',
    text: 'After a lost computer: the kit brings the keys, a backup everything else.',
  },
]

/** The ways to a mesh, and the connections that were saved before. */
export function WelcomeStep({ onChoose, onDone }: WelcomeStepProps) {
  return (
    <>
      <div className={styles.ways}>
        {WAYS.map(({ way, icon: Icon, title, text }) => (
          <button key={way} type="button" className={styles.way} onClick={() => onChoose(way)}>
            <span className={styles.wayIcon}>
              <Icon size={22} stroke={1.6} aria-hidden />
            </span>
            <span className={styles.wayText}>
              <span className={styles.wayTitle}>{title}</span>
              <span className={styles.wayDetail}>{text}</span>
            </span>
            <IconChevronRight size={18} className={styles.arrow} aria-hidden />
          </button>
        ))}
      </div>
      <SavedConnections onDone={onDone} />
    </>
  )
}

function SavedConnections({ onDone }: { onDone: () => void }) {
  const { data } = useConnections()
  const use = useUseMesh()
  if (data === undefined || data.length === 0) return null
  return (
    <section className={styles.saved}>
      <h2>Saved connections</h2>
      {data.map(({ id, name }) => (
        <div key={id} className={styles.savedRow}>
          <DeviceText text={name} />
          <Button
            size="xs"
            variant="default"
            loading={use.isPending && use.variables.id === id}
            onClick={() => use.mutate({ id }, { onSuccess: onDone })}
          >
            Use
          </Button>
        </div>
      ))}
      {use.isError && <ProblemNotice problem={problemOf(use.error)} />}
    </section>
  )
}
