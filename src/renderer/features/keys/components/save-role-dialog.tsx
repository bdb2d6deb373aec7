import { Button, Modal, Skeleton } from '@mantine/core'
import type { RoleTemplate, RoleView } from '#shared/contract/keys.ts'
import { roleTitle } from '#shared/protocol/roles.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useRoleImpact, useSetRole } from '../api/roles.ts'
import { ConnectedPeople } from './connected-people.tsx'
import styles from './keys.module.css'

interface SaveRoleDialogProps {
  readonly role: RoleView
  /** Null goes back to what the role came with. */
  readonly template: RoleTemplate | null
  readonly opened: boolean
  readonly onClose: () => void
}

/** Says whose permissions change at once, and saves. */
export function SaveRoleDialog({ role, template, opened, onClose }: SaveRoleDialogProps) {
  const impact = useRoleImpact(role.role, opened && role.keys.length > 0)
  const save = useSetRole()
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Save the role ${roleTitle(role.role)}?`}
      size="lg"
    >
      <div className={styles.form}>
        {role.keys.length === 0 ? (
          <p className={styles.hint}>
            No account has a key for this role, so nobody is cut. Credentials issued from now on get
            these permissions; those issued before keep theirs until they are renewed.
          </p>
        ) : (
          <>
            <p className={styles.hint}>
              {counted(role.keys.length, 'key')} in{' '}
              {counted(new Set(role.keys.map(({ account }) => account)).size, 'account')} carry it.
              The servers cut their users at once; they reconnect by themselves and have the new
              permissions then. Credentials stay as they are.
            </p>
            {impact.isPending && <Skeleton height={80} radius="md" />}
            {impact.isError && <ProblemNotice problem={problemOf(impact.error)} />}
            {impact.data !== undefined && <ConnectedPeople connected={impact.data.connected} />}
          </>
        )}
        {save.isError && <ProblemNotice problem={problemOf(save.error)} />}
        <div className={styles.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            loading={save.isPending}
            onClick={() => save.mutate({ role: role.role, template }, { onSuccess: onClose })}
          >
            Save and push
          </Button>
        </div>
      </div>
    </Modal>
  )
}
