import { useState } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { IconDownload, IconKeyOff, IconLifebuoy } from '@tabler/icons-react'
import type { RecoveryState } from '#shared/contract/recovery.ts'
import { problemOf } from '../../../lib/problem.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useBackUp } from '../api/back-up.ts'
import { useRecoveryState } from '../api/recovery-state.ts'
import { IdentityKeys } from './identity-keys.tsx'
import { KitDialog, type KitPurpose } from './kit-dialog.tsx'
import { KitList } from './kit-list.tsx'
import { MakeKitDialog } from './make-kit-dialog.tsx'
import styles from './recovery.module.css'

/** Kits, the identity keys that they hold, and backups: how to lose the laptop and keep the fleet. */
export function RecoveryPage() {
  const state = useRecoveryState()
  if (state.isError) {
    return (
      <div className={styles.page}>
        <ProblemNotice
          problem={problemOf(state.error)}
          actions={
            <Button variant="default" size="xs" onClick={() => void state.refetch()}>
              Try again
            </Button>
          }
        />
      </div>
    )
  }
  if (state.data === undefined) {
    return (
      <div className={styles.page} aria-busy>
        <Skeleton height={72} radius="md" />
        <Skeleton height={140} radius="md" />
        <Skeleton height={220} radius="md" />
      </div>
    )
  }
  return state.data.operator === null ? (
    <EmptyState icon={IconKeyOff} title="There are no keys yet">
      Make a local mesh first. Its operator's keys are what a recovery kit keeps.
    </EmptyState>
  ) : (
    <Recovery state={state.data} operator={state.data.operator.name} />
  )
}

function Recovery({ state, operator }: { state: RecoveryState; operator: string }) {
  const [making, setMaking] = useState(false)
  const [purpose, setPurpose] = useState<KitPurpose | null>(null)
  return (
    <div className={styles.page}>
      <AdviceNotice
        advice={state.advice}
        onMake={() => setMaking(true)}
        onRehearse={() => setPurpose('rehearse')}
        onBringBack={() => setPurpose('bringBack')}
      />
      <KitList
        kits={state.kits}
        onMake={() => setMaking(true)}
        onRehearse={() => setPurpose('rehearse')}
      />
      <IdentityKeys state={state} onAct={setPurpose} />
      <BackupGroup lastBackupAt={state.lastBackupAt} />
      <MakeKitDialog
        opened={making}
        onClose={() => setMaking(false)}
        onRehearse={() => {
          setMaking(false)
          setPurpose('rehearse')
        }}
      />
      <KitDialog purpose={purpose} operator={operator} onClose={() => setPurpose(null)} />
    </div>
  )
}

interface AdviceNoticeProps {
  readonly advice: RecoveryState['advice']
  readonly onMake: () => void
  readonly onRehearse: () => void
  readonly onBringBack: () => void
}

function AdviceNotice({ advice, onMake, onRehearse, onBringBack }: AdviceNoticeProps) {
  if (advice === 'bring-back') {
    return (
      <Notice
        tone="bad"
        title="The keychain holds no key of this deployment"
        actions={
          <Button size="xs" onClick={onBringBack}>
            Bring them back…
          </Button>
        }
      >
        Devices keep working with what they have. Nothing can be issued, renewed or revoked until
        the kit’s keys are here again; signing keys that it lacks are then made anew.
      </Notice>
    )
  }
  if (advice === 'none') {
    return (
      <Notice tone="ok" title="A rehearsed kit holds all identity keys">
        With it and a backup of the database the fleet can be run from another computer. Rehearse it
        again now and then: media age.
      </Notice>
    )
  }
  if (advice === 'rehearse') {
    return (
      <Notice
        tone="warn"
        title="Nobody knows yet whether the kit works"
        actions={
          <Button size="xs" onClick={onRehearse}>
            Rehearse it…
          </Button>
        }
      >
        A rehearsal takes a minute, changes nothing, and shows that it would bring the keys back.
      </Notice>
    )
  }
  return (
    <Notice
      tone="warn"
      title={
        advice === 'make'
          ? 'With this computer the fleet would be lost'
          : 'The rehearsed kit lacks keys that were made since'
      }
      actions={
        <Button size="xs" leftSection={<IconLifebuoy size={15} aria-hidden />} onClick={onMake}>
          Make a kit…
        </Button>
      }
    >
      {advice === 'make'
        ? 'The keys of operator and accounts are nowhere else. A recovery kit keeps them on a stick or on paper, sealed.'
        : 'Each new tenant brings keys of its own. Make a new kit, rehearse it, and destroy the old one.'}
    </Notice>
  )
}

function BackupGroup({ lastBackupAt }: { lastBackupAt: string | null }) {
  const backUp = useBackUp()
  return (
    <SettingGroup title="Backup of the database">
      <SettingRow
        name="Tenants, credential ledger, audit log and settings"
        help={
          <>
            Nothing in it is secret. Keep it beside the kit: the kit has the keys, the backup what
            they were used for.{' '}
            {lastBackupAt === null ? (
              'None was made yet.'
            ) : (
              <>
                The last one was made <TimeText at={lastBackupAt} />.
              </>
            )}
          </>
        }
        below={backUp.isError ? <ProblemNotice problem={problemOf(backUp.error)} /> : undefined}
      >
        <Button
          variant="default"
          size="xs"
          leftSection={<IconDownload size={15} aria-hidden />}
          loading={backUp.isPending}
          onClick={() => backUp.mutate()}
        >
          Back up…
        </Button>
      </SettingRow>
    </SettingGroup>
  )
}
