import { Popover } from '@mantine/core'
import { IconHeartbeat } from '@tabler/icons-react'
import { useHealth } from '../../../lib/live/health.ts'
import { Dot } from '../../../ui/state-mark.tsx'
import { overallState, STATE_WORDS } from '../health-words.ts'
import { HealthList } from './health-list.tsx'

/** Opens the state of Muster's parts; its dot tells the worst of them. */
export function HealthButton({ className }: { className: string }) {
  const health = useHealth()
  if (health === undefined) return null
  const { word, tone } = STATE_WORDS[overallState(health.components)]
  return (
    <Popover position="bottom-end" width={400}>
      <Popover.Target>
        <button
          type="button"
          className={className}
          aria-label={`Health: ${word}`}
          title={`Health: ${word}`}
        >
          <IconHeartbeat size={18} stroke={1.75} aria-hidden />
          <Dot tone={tone} pulse={tone === 'busy'} />
        </button>
      </Popover.Target>
      <Popover.Dropdown p={0}>
        <HealthList health={health} />
      </Popover.Dropdown>
    </Popover>
  )
}
