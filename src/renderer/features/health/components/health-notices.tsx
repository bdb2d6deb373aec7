import { useEffect, useRef } from 'react'
import { notifications } from '@mantine/notifications'
import type { Notice } from '#shared/contract/health.ts'
import { useHealth } from '../../../lib/live/health.ts'

const COLORS: Readonly<Record<Notice['level'], string>> = {
  info: 'ink',
  success: 'green',
  warning: 'yellow',
  error: 'red',
}

/** Shows each thing that happens while the window is open, once; not what happened before. */
export function HealthNotices(): null {
  const notices = useHealth()?.notices
  const seen = useRef<ReadonlySet<string> | null>(null)
  useEffect(() => {
    if (notices === undefined) return
    const before = seen.current
    for (const notice of notices) {
      if (before !== null && !before.has(nameOf(notice))) show(notice)
    }
    seen.current = new Set(notices.map(nameOf))
  }, [notices])
  return null
}

// The number alone begins anew when Muster is started again below an open window.
function nameOf({ id, at }: Notice): string {
  return `health-${id}-${at}`
}

function show(notice: Notice): void {
  notifications.show({
    id: nameOf(notice),
    title: notice.title,
    message: notice.text,
    color: COLORS[notice.level],
    // An error stays until it was read.
    ...(notice.level === 'error' ? { autoClose: false } : {}),
  })
}
