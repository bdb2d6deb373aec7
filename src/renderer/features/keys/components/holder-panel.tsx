import { useState } from 'react'
import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { SigningKey } from '#shared/contract/keys.ts'
import { roleTitle } from '#shared/protocol/roles.ts'
import { counted } from '../../../lib/counted.ts'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { PanelBody, Section, SidePanel } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import type { HolderRow } from '../holder-rows.ts'
import { IDENTITY_WORDS, KIND_WORDS } from '../keys-words.ts'
import { AddRoleDialog } from './add-role-dialog.tsx'
import { ChangeKeyDialog, type KeyChange } from './change-key-dialog.tsx'
import styles from './keys.module.css'

interface HolderPanelProps {
  readonly holder: HolderRow
  readonly onClose: () => void
  readonly onOpenRecovery: () => void
}

/** The keys of the operator or of an account, and what can be done with them. */
export function HolderPanel({ holder, onClose, onOpenRecovery }: HolderPanelProps) {
  const [change, setChange] = useState<KeyChange | null>(null)
  const [adding, setAdding] = useState(false)
  const { kind, name, publicKey, tenants, identity, signingKeys } = holder
  const plain = signingKeys.filter(({ role }) => role === null)
  const scoped = signingKeys.filter(({ role }) => role !== null)
  const actionsFor = (key: SigningKey) => (
    <KeyActions
      signingKey={key}
      removable={kind !== 'operator' && (key.role !== null || plain.length > 1)}
      onAct={(act) => setChange({ act, holder, key })}
    />
  )
  return (
    <SidePanel title={name} subtitle={KIND_WORDS[kind]} label={`Keys of ${name}`} onClose={onClose}>
      <PanelBody focusKey={publicKey}>
        <Section title="Identity">
          <Facts>
            <Fact name="Public key">
              <span className={styles.keyHead}>
                <code className={`m-truncate ${styles.publicKey ?? ''}`}>{publicKey}</code>
                <CopyIcon text={publicKey} what="public key" />
              </span>
            </Fact>
            <Fact name="Seed">
              <StateMark {...IDENTITY_WORDS[identity]} />
            </Fact>
            {kind === 'shared' && <Fact name="Tenants">{tenants.join(', ')}</Fact>}
          </Facts>
          <IdentityHint kind={kind} identity={identity} onOpenRecovery={onOpenRecovery} />
        </Section>
        <Section title={kind === 'operator' ? 'Signing keys for accounts' : 'Signing keys'}>
          <KeyList keys={plain} actionsFor={actionsFor} isOperator={kind === 'operator'} />
        </Section>
        {kind !== 'operator' && kind !== 'system' && (
          <Section
            title="Keys for roles"
            aside={
              <Button
                variant="default"
                size="compact-sm"
                leftSection={<IconPlus size={14} aria-hidden />}
                onClick={() => setAdding(true)}
              >
                Add…
              </Button>
            }
          >
            {scoped.length === 0 ? (
              <p className={styles.hint}>
                None yet: credentials carry their permissions themselves. With a key for a role the
                server takes them from the role, also after it was edited.
              </p>
            ) : (
              <KeyList keys={scoped} actionsFor={actionsFor} isOperator={false} />
            )}
          </Section>
        )}
      </PanelBody>
      <ChangeKeyDialog change={change} onClose={() => setChange(null)} />
      <AddRoleDialog holder={holder} opened={adding} onClose={() => setAdding(false)} />
    </SidePanel>
  )
}

function IdentityHint(
  props: Pick<HolderRow, 'kind' | 'identity'> & { onOpenRecovery: () => void },
) {
  const { kind, identity, onOpenRecovery } = props
  if (identity === 'here') return null
  return (
    <p className={styles.hint}>
      {identity === 'offline'
        ? kind === 'operator'
          ? 'Daily work goes on without it. Rotating the operator’s signing key asks for the kit. '
          : 'Daily work goes on without it. '
        : 'The keychain should hold it and does not. '}
      <Button variant="transparent" size="compact-sm" p={0} onClick={onOpenRecovery}>
        {identity === 'offline' ? 'Recovery kit' : 'Bring it back from the kit'}
      </Button>
    </p>
  )
}

interface KeyListProps {
  readonly keys: readonly SigningKey[]
  readonly actionsFor: (key: SigningKey) => React.ReactNode
  readonly isOperator: boolean
}

function KeyList({ keys, actionsFor, isOperator }: KeyListProps) {
  return (
    <ul className={styles.keyList}>
      {keys.map((key) => (
        <li key={key.publicKey} className={styles.key}>
          <div className={styles.keyHead}>
            {key.role !== null && (
              <span className={styles.keyTitle}>
                {roleTitle(key.role)}
                {key.tenant !== null && <span className="m-muted"> in {key.tenant}</span>}
              </span>
            )}
            <StateMark {...stateOf(key)} />
          </div>
          <div className={styles.keyHead}>
            <code className={`m-truncate ${styles.publicKey ?? ''}`}>{key.publicKey}</code>
            <CopyIcon text={key.publicKey} what="public key" />
          </div>
          <div className={styles.keyFoot}>
            <span>
              {key.createdAt === null ? (
                'made elsewhere'
              ) : (
                <>
                  made <TimeText at={key.createdAt} />
                </>
              )}
              {!isOperator && ` · ${counted(key.credentials, 'credential')}`}
            </span>
            {actionsFor(key)}
          </div>
          {!key.held && key.credentials > 0 && (
            <p className={styles.hint}>
              It can sign nothing more here. Credentials that it signed stay good until they end, or
              until you remove it.
            </p>
          )}
        </li>
      ))}
    </ul>
  )
}

function stateOf({ held, inUse }: SigningKey) {
  if (!held) return { tone: 'bad', word: 'Not in the keychain' } as const
  return inUse
    ? ({ tone: 'ok', word: 'Signs' } as const)
    : ({ tone: 'off', word: 'Signs no more' } as const)
}

interface KeyActionsProps {
  readonly signingKey: SigningKey
  readonly removable: boolean
  readonly onAct: (act: KeyChange['act']) => void
}

function KeyActions({ signingKey, removable, onAct }: KeyActionsProps) {
  return (
    <span className={styles.keyHead}>
      {removable && (
        <Button variant="subtle" color="gray" size="compact-sm" onClick={() => onAct('remove')}>
          Remove…
        </Button>
      )}
      {signingKey.inUse && (
        <Button variant="default" size="compact-sm" onClick={() => onAct('rotate')}>
          Rotate…
        </Button>
      )}
    </span>
  )
}
