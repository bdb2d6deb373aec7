import { Button, Modal } from '@mantine/core'
import type { TenantWiring } from '#shared/contract/tenants.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useRemoveExport } from '../api/tenant-wiring.ts'
import styles from './tenant-forms.module.css'

interface RemoveExportDialogProps {
  readonly tenant: string
  /** Null while nothing is to be removed. */
  readonly offered: TenantWiring['exports'][number] | null
  readonly onClose: () => void
}

/** Takes an export back, after saying whose imports end with it. */
export function RemoveExportDialog({ tenant, offered, onClose }: RemoveExportDialogProps) {
  const remove = useRemoveExport()
  const takers = offered?.importedBy ?? []
  return (
    <Modal opened={offered !== null} onClose={onClose} title="Take the export back?">
      {offered !== null && (
        <div className={styles.form}>
          <p style={{ margin: 0 }}>
            <code>{offered.subject}</code> is offered no more.{' '}
            {takers.length === 0
              ? 'Nobody takes it.'
              : `${takers.join(', ')} ${takers.length === 1 ? 'loses its import' : 'lose their imports'} of it at once.`}
          </p>
          {remove.isError && <ProblemNotice problem={problemOf(remove.error)} />}
          <div className={styles.buttons}>
            <Button variant="default" onClick={onClose}>
              Keep
            </Button>
            <Button
              color="red"
              loading={remove.isPending}
              onClick={() => {
                const { subject, type } = offered
                remove.mutate({ tenant, subject, type }, { onSuccess: onClose })
              }}
            >
              Take it back
            </Button>
          </div>
        </div>
      )}
    </Modal>
  )
}
