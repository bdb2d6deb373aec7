import { Popover } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import type { MeshState } from '#shared/contract/mesh.ts'
import { useMesh } from '../../lib/live/mesh.ts'
import { durationText } from '../../lib/time/format.ts'
import { CopyIcon } from '../../ui/copy-button.tsx'
import { DeviceText } from '../../ui/device-text.tsx'
import { Fact, Facts } from '../../ui/facts.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { Dot, StateMark } from '../../ui/state-mark.tsx'
import { SinceText } from '../../ui/time-text.tsx'
import { MESH_WORDS, REACH_WORDS } from './mesh-words.ts'
import styles from './shell.module.css'

/** The mesh in use and how its connection is; opens the facts about it. */
export function MeshPill() {
  const mesh = useMesh()
  if (mesh === undefined) return null
  const { word, tone } = MESH_WORDS[mesh.state]
  const rtt = mesh.rttMs === null ? '' : durationText(mesh.rttMs)
  return (
    <Popover position="bottom-start" width={400}>
      <Popover.Target>
        <button
          type="button"
          className={styles.barButton}
          aria-label={`Mesh ${mesh.name}, ${word}`}
        >
          <Dot tone={tone} pulse={tone === 'busy'} />
          <DeviceText text={mesh.name} className={styles.barName ?? ''} />
          <span className={`m-muted m-numbers ${styles.barWide ?? ''}`}>
            {mesh.state === 'connected' ? rtt : word}
          </span>
          <IconChevronDown size={14} aria-hidden />
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <MeshFacts mesh={mesh} />
      </Popover.Dropdown>
    </Popover>
  )
}

function MeshFacts({ mesh }: { mesh: MeshState }) {
  const { word, tone } = MESH_WORDS[mesh.state]
  return (
    <div className={styles.popover}>
      <h2 className={styles.popoverTitle}>
        <DeviceText text={mesh.name} />
      </h2>
      {mesh.problem !== null && <ProblemNotice problem={mesh.problem} />}
      <Facts>
        <Fact name="State">
          <StateMark tone={tone} word={word} /> <SinceText at={mesh.since} />
        </Fact>
        <Fact name="Round trip">{mesh.rttMs === null ? null : durationText(mesh.rttMs)}</Fact>
        <Fact name="Reachable by">{REACH_WORDS[mesh.reach]}</Fact>
        <Fact name="Devices connect to">
          {mesh.deviceUrls.map((url) => (
            <span key={url} style={{ display: 'flex', gap: 4, alignItems: 'center' }}>
              <DeviceText text={url} mono wrap />
              <CopyIcon text={url} what="address" />
            </span>
          ))}
        </Fact>
        <Fact name="Encryption">{mesh.tls ? 'TLS' : 'None'}</Fact>
        <Fact name="nats-server">{mesh.serverVersion}</Fact>
        <Fact name="Reconnects">
          {mesh.reconnects}
          {mesh.serverRestarts > 0 && `, server restarted ${mesh.serverRestarts} times`}
        </Fact>
      </Facts>
    </div>
  )
}
