import { Menu } from '@mantine/core'
import { IconCheck, IconChevronDown, IconStack2 } from '@tabler/icons-react'
import { useTenants } from '../../lib/live/tenants.ts'
import { DeviceText } from '../../ui/device-text.tsx'
import { useUiState } from '../ui-state.ts'
import styles from './shell.module.css'

const ALL = 'All tenants'

/** Chooses the tenant whose devices the lists show. */
export function TenantSwitcher() {
  const tenants = useTenants()
  const { tenant, setTenant } = useUiState()
  const names = tenants?.map(({ name }) => name) ?? []
  const choices: readonly (string | null)[] = [null, ...names]
  return (
    <Menu position="bottom-start" width={240}>
      <Menu.Target>
        <button type="button" className={styles.barButton} aria-label={`Tenant: ${tenant ?? ALL}`}>
          <IconStack2 size={16} stroke={1.75} aria-hidden />
          <DeviceText text={tenant ?? ALL} className={styles.barName ?? ''} />
          <IconChevronDown size={14} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
        <Menu.Label>Show devices of</Menu.Label>
        {choices.map((choice) => (
          <Menu.Item
            key={choice ?? ''}
            onClick={() => setTenant(choice)}
            rightSection={choice === tenant ? <IconCheck size={15} aria-label="chosen" /> : null}
          >
            <DeviceText text={choice ?? ALL} />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
