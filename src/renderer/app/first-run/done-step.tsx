import { Button } from '@mantine/core'
import { IconArrowRight } from '@tabler/icons-react'
import type { MeshState } from '#shared/contract/mesh.ts'
import { CopyIcon } from '../../ui/copy-button.tsx'
import { DeviceText } from '../../ui/device-text.tsx'
import { Fact, Facts } from '../../ui/facts.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { StateMark } from '../../ui/state-mark.tsx'
import { MESH_WORDS, REACH_WORDS } from '../shell/mesh-words.ts'
import styles from './first-run.module.css'

/** What was made, and the way on. */
export function DoneStep({ mesh, onLeave }: { mesh: MeshState; onLeave: () => void }) {
  const { word, tone } = MESH_WORDS[mesh.state]
  return (
    <>
      <div className={styles.facts}>
        <Facts>
          <Fact name="Mesh">
            <DeviceText text={mesh.name} wrap />
          </Fact>
          <Fact name="State">
            <StateMark tone={tone} word={word} />
          </Fact>
          <Fact name="Reachable by">{REACH_WORDS[mesh.reach]}</Fact>
          {mesh.deviceUrls.map((url) => (
            <Fact key={url} name="Devices connect to">
              <span style={{ display: 'flex', gap: 4, alignItems: 'center' }}>
                <DeviceText text={url} mono wrap />
                <CopyIcon text={url} what="address" />
              </span>
            </Fact>
          ))}
        </Facts>
      </div>
      {mesh.problem !== null && <ProblemNotice problem={mesh.problem} />}
      <div className={styles.end}>
        <Button
          size="md"
          onClick={onLeave}
          rightSection={<IconArrowRight size={17} />}
          data-autofocus
        >
          Go to Commission
        </Button>
      </div>
    </>
  )
}
