import { Button, Group } from '@mantine/core'
import { IconFileText, IconUsb } from '@tabler/icons-react'
import type { KitRecord } from '#shared/contract/recovery.ts'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import styles from './recovery.module.css'

/** Older ones are of no use to anybody. */
const SHOWN = 5

interface KitListProps {
  readonly kits: readonly KitRecord[]
  readonly onMake: () => void
  readonly onRehearse: () => void
}

/** The kits that were made, the newest first. */
export function KitList({ kits, onMake, onRehearse }: KitListProps) {
  return (
    <SettingGroup
      title="Recovery kits"
      aside={
        <Group gap="xs">
          {kits.length > 0 && (
            <Button variant="default" size="compact-sm" onClick={onRehearse}>
              Rehearse…
            </Button>
          )}
          <Button variant="default" size="compact-sm" onClick={onMake}>
            Make a kit…
          </Button>
        </Group>
      }
    >
      {kits.length === 0 && (
        <SettingRow name="None yet" help="A kit is a file for a stick, or a page to print." />
      )}
      {kits.slice(0, SHOWN).map((kit) => (
        <SettingRow key={kit.id} name={<KitName kit={kit} />} help={holds(kit)}>
          {kit.rehearsedAt === null ? (
            <StateMark tone="warn" word="Not rehearsed" />
          ) : (
            <span className={styles.rehearsed}>
              <StateMark tone={kit.missing === 0 ? 'ok' : 'warn'} word="Rehearsed" />
              <span className={styles.hint}>
                <TimeText at={kit.rehearsedAt} />
              </span>
            </span>
          )}
        </SettingRow>
      ))}
    </SettingGroup>
  )
}

function KitName({ kit }: { kit: KitRecord }) {
  const Icon = kit.form === 'file' ? IconUsb : IconFileText
  return (
    <span className={styles.kit}>
      <Icon size={16} stroke={1.75} aria-hidden />
      {kit.form === 'file' ? 'File' : 'Page'}, made <TimeText at={kit.createdAt} />
    </span>
  )
}

function holds({ keys, missing, sealedTo }: KitRecord): string {
  const sealed = sealedTo === 'passphrase' ? 'Sealed to a passphrase' : 'Sealed to keys of people'
  return missing === 0
    ? `${sealed}. Holds all ${keys} identity keys.`
    : `${sealed}. Holds ${keys} of ${keys + missing} identity keys.`
}
