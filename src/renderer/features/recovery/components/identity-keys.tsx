import { Button, Group } from '@mantine/core'
import type { RecoveryKey, RecoveryState } from '#shared/contract/recovery.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SettingGroup } from '../../../ui/setting-row.tsx'
import { StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useEndLending } from '../api/present-kit.ts'
import type { KitPurpose } from './kit-dialog.tsx'
import styles from './recovery.module.css'

const PLACES: Readonly<Record<RecoveryKey['place'], { word: string; tone: Tone }>> = {
  here: { word: 'In the keychain', tone: 'ok' },
  lent: { word: 'Lent by the kit', tone: 'info' },
  offline: { word: 'In the kit only', tone: 'off' },
}

/** Where the keychain was lost nobody moved a key into a kit. */
const LOST = { word: 'Not in the keychain', tone: 'bad' } as const

const KINDS: Readonly<Record<RecoveryKey['kind'], string>> = {
  operator: 'Operator',
  system: 'System account',
  registry: 'Registry account',
  shared: 'Shared account',
  tenant: 'Tenant',
}

interface IdentityKeysProps {
  readonly state: RecoveryState
  readonly onAct: (purpose: KitPurpose) => void
}

/** Each identity key, where it is, and how to move them. */
export function IdentityKeys({ state, onAct }: IdentityKeysProps) {
  const { identities, lentUntil } = state
  const end = useEndLending()
  const isAnywhereElse = identities.some(({ place }) => place !== 'here')
  const isHere = identities.some(({ place }) => place === 'here')
  return (
    <SettingGroup
      title="Identity keys"
      aside={
        <Group gap="xs">
          {lentUntil !== null && (
            <Button
              variant="default"
              size="compact-sm"
              loading={end.isPending}
              onClick={() => end.mutate()}
            >
              Give back now
            </Button>
          )}
          {isAnywhereElse && (
            <>
              <Button variant="default" size="compact-sm" onClick={() => onAct('lend')}>
                Lend…
              </Button>
              <Button variant="default" size="compact-sm" onClick={() => onAct('bringBack')}>
                Bring back…
              </Button>
            </>
          )}
          {isHere && (
            <Button variant="default" size="compact-sm" onClick={() => onAct('moveOffline')}>
              Move offline…
            </Button>
          )}
        </Group>
      }
    >
      <p className={styles.intro}>
        They say who operator and accounts are, for good. Daily work signs with signing keys, so
        these can live in a kit instead of on this computer.
        {lentUntil !== null && (
          <>
            {' '}
            Lent keys are forgotten <TimeText at={lentUntil} />.
          </>
        )}
      </p>
      {end.isError && <ProblemNotice problem={problemOf(end.error)} />}
      <ul className={styles.keys}>
        {identities.map((key) => (
          <li key={key.publicKey}>
            <span className={styles.holder}>{key.holder}</span>
            <span className={styles.hint}>{KINDS[key.kind]}</span>
            <span className={styles.publicKey}>
              <code className="m-truncate">{key.publicKey}</code>
              <CopyIcon text={key.publicKey} what="public key" />
            </span>
            <span className={styles.place}>
              <StateMark
                {...(state.advice === 'bring-back' && key.place === 'offline'
                  ? LOST
                  : PLACES[key.place])}
              />
            </span>
            <span className={styles.hint}>{key.covered ? 'in a rehearsed kit' : 'in no kit'}</span>
          </li>
        ))}
      </ul>
    </SettingGroup>
  )
}
