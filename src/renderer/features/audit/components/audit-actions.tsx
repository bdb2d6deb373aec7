import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDownload, IconShieldCheck } from '@tabler/icons-react'
import type { AuditStatus } from '#shared/contract/audit.ts'
import { problemOf } from '../../../lib/problem.ts'
import { useExportLog } from '../api/export-log.ts'
import { useVerify } from '../api/verify.ts'

/** What one does with the log as a whole. */
export function AuditActions({ status }: { status: AuditStatus | undefined }) {
  const verify = useVerify()
  const exportLog = useExportLog()
  const tellProblem = (error: unknown) => {
    const { message, advice } = problemOf(error)
    notifications.show({ color: 'red', title: message, message: advice })
  }
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={16} />}
        disabled={status === undefined || status.entries === 0}
        loading={exportLog.isPending}
        onClick={() =>
          exportLog.mutate(undefined, {
            onSuccess: (saved) => {
              if (saved.type === 'saved')
                notifications.show({ title: 'Audit log exported', message: saved.path })
            },
            onError: tellProblem,
          })
        }
      >
        Export
      </Button>
      <Button
        variant="default"
        leftSection={<IconShieldCheck size={16} />}
        disabled={status === undefined}
        loading={verify.isPending || (status !== undefined && status.progress !== null)}
        onClick={() => verify.mutate(undefined, { onError: tellProblem })}
      >
        Verify now
      </Button>
    </>
  )
}
