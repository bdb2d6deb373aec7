import { Button, Skeleton } from '@mantine/core'
import type { RoleView } from '#shared/contract/keys.ts'
import { isCustomRole, roleTitle } from '#shared/protocol/roles.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { useRoles } from '../api/roles.ts'
import { RoleEditor } from './role-editor.tsx'
import styles from './keys.module.css'

interface RolesPageProps {
  readonly chosen: string | null
  readonly onChoose: (role: string) => void
}

/** The roles, and the permissions of the chosen one. */
export function RolesPage({ chosen, onChoose }: RolesPageProps) {
  const roles = useRoles()
  if (roles.isError) {
    return (
      <div className={styles.bar}>
        <ProblemNotice
          problem={problemOf(roles.error)}
          actions={
            <Button variant="default" size="xs" onClick={() => void roles.refetch()}>
              Try again
            </Button>
          }
        />
      </div>
    )
  }
  if (roles.data === undefined) {
    return (
      <div className={styles.unfinished} aria-busy>
        <Skeleton height={180} radius="md" />
        <Skeleton height={220} radius="md" />
      </div>
    )
  }
  const { root, hasOperator, roles: all } = roles.data
  const role = all.find((each) => each.role === chosen) ?? all[0]
  return (
    <div className={styles.roles}>
      <ul className={styles.roleList} aria-label="Roles">
        {all.map((each) => (
          <li key={each.role}>
            <button
              type="button"
              className={styles.role}
              aria-current={each.role === role?.role}
              onClick={() => onChoose(each.role)}
            >
              <span className={styles.roleTitle}>
                {roleTitle(each.role)}
                {isCustomRole(each.role) && <Tag>imported</Tag>}
                {each.editedAt !== null && <Tag>edited</Tag>}
              </span>
              <span className="m-muted">{keysText(each)}</span>
            </button>
          </li>
        ))}
      </ul>
      {role !== undefined && (
        <RoleEditor
          key={`${role.role} ${role.editedAt ?? ''}`}
          role={role}
          root={root}
          canSave={hasOperator}
        />
      )}
    </div>
  )
}

function keysText({ keys }: RoleView): string {
  return keys.length === 0
    ? 'in the credentials themselves'
    : keys.length === 1
      ? '1 key carries it'
      : `${keys.length} keys carry it`
}
