import { useState } from 'react'
import { Button, Modal, Select } from '@mantine/core'
import { isCustomRole, isRole, roleTitle, TENANT_ROLES, type Role } from '#shared/protocol/roles.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useAddRole } from '../api/key-changes.ts'
import { useRoles } from '../api/roles.ts'
import type { HolderRow } from '../holder-rows.ts'
import styles from './keys.module.css'

interface AddRoleDialogProps {
  readonly holder: HolderRow
  readonly opened: boolean
  readonly onClose: () => void
}

/** Gives an account a signing key whose users have the permissions of one role. */
export function AddRoleDialog({ holder, opened, onClose }: AddRoleDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Add a key for a role to ${holder.name}`}>
      {opened && <AddRoleForm holder={holder} onClose={onClose} />}
    </Modal>
  )
}

function AddRoleForm({ holder, onClose }: Omit<AddRoleDialogProps, 'opened'>) {
  const add = useAddRole()
  const imported = (useRoles().data?.roles ?? []).map(({ role: each }) => each).filter(isCustomRole)
  const roles: readonly Role[] =
    holder.kind === 'registry' ? ['registry'] : [...TENANT_ROLES, ...imported]
  const [role, setRole] = useState<Role>(roles[0] ?? 'device')
  const [tenant, setTenant] = useState<string | null>(holder.tenants[0] ?? null)
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        const place = role === 'registry' ? null : tenant
        add.mutate({ account: holder.publicKey, role, tenant: place }, { onSuccess: onClose })
      }}
    >
      <Select
        label="Role"
        allowDeselect={false}
        data={roles.map((value) => ({ value, label: roleTitle(value) }))}
        value={role}
        onChange={(value) => {
          if (value !== null && isRole(value)) setRole(value)
        }}
      />
      {holder.tenants.length > 1 && (
        <Select
          label="Tenant"
          description="Its subjects are those that the key opens."
          allowDeselect={false}
          data={[...holder.tenants]}
          value={tenant}
          onChange={setTenant}
        />
      )}
      <p className={styles.hint}>
        From then on credentials for this role are signed by it and carry no permissions of their
        own. Those issued before stay good. Editing the role changes what its users may do at once.
      </p>
      {add.isError && <ProblemNotice problem={problemOf(add.error)} />}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={add.isPending}>
          Make the key
        </Button>
      </div>
    </form>
  )
}
