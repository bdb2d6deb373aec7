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

/** Shows each thing that happens while the window is open, once. */
export function HealthNotices(): null {
  const health = useHealth()
  const shown = useRef<number | null>(null)
  useEffect(() => {
    if (health === undefined) return
    const from = shown.current ?? health.seenBefore
    for (const notice of health.notices) if (notice.id > from) show(notice)
    shown.current = Math.max(from, health.notices.at(-1)?.id ?? -1)
  }, [health])
  return null
}

function show(notice: Notice): void {
  notifications.show({
    id: `health-${notice.id}`,
    title: notice.title,
    message: notice.text,
    color: COLORS[notice.level],
    // An error stays until it was read.
    ...(notice.level === 'error' ? { autoClose: false } : {}),
  })
}
