import { useState } from 'react'
import { Button, Group, Select, TextInput } from '@mantine/core'
import type { BundleContents } from '#shared/contract/bundles.ts'
import type { Problem } from '#shared/contract/common.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { KIND_WORDS } from '../bundle-words.ts'
import styles from './bundles.module.css'

/** More than these are not looked through one by one. */
const MAX_SHOWN = 500

interface BundleContentsViewProps {
  readonly contents: BundleContents
  readonly importing: boolean
  readonly imported: boolean
  readonly problem: Problem | null
  readonly onImport: (publicKey: string, connectionName: string) => void
  readonly onConnected: () => void
}

/** What a verified bundle is, and what can be taken over of it. */
export function BundleContentsView(props: BundleContentsViewProps) {
  const { contents } = props
  const { operator, origin, credentials, files } = contents
  return (
    <>
      {origin === 'ours' && contents.signer.state !== 'current' ? (
        <OldSigner signer={contents.signer} />
      ) : origin === 'ours' ? (
        <Notice tone="ok" urgent title="Genuine, made with this profile’s operator key">
          Every one of its {files.length.toLocaleString('en')} files is as it was signed.
        </Notice>
      ) : (
        <Notice tone="warn" urgent title="Genuine, by an operator that is not this profile’s">
          Nothing was changed since it was signed. Whether “<bdi>{operator.name}</bdi>” is who you
          think has to be seen elsewhere: compare the operator key with whoever gave it to you.
        </Notice>
      )}
      <SettingGroup title="Bundle">
        <SettingRow
          name={<DeviceText text={contents.name} wrap />}
          below={
            <Facts>
              <Fact name="What">{KIND_WORDS[contents.kind]}</Fact>
              <Fact name="Tenant">
                <bdi>{contents.tenant}</bdi>
              </Fact>
              <Fact name="Made">
                <TimeText at={contents.createdAt} />
              </Fact>
              <Fact name="Good until">
                {contents.expiresAt !== null && <TimeText at={contents.expiresAt} />}
              </Fact>
              <Fact name="Mesh">
                <span className={styles.mono}>{contents.urls.join(', ')}</span>
              </Fact>
              <Fact name="Operator">
                <bdi>{operator.name}</bdi> <span className={styles.sum}>{operator.publicKey}</span>
              </Fact>
            </Facts>
          }
        />
      </SettingGroup>
      <SettingGroup title={`${credentials.length.toLocaleString('en')} credentials`}>
        <ul className={styles.planned} aria-label="Credentials">
          {credentials.slice(0, MAX_SHOWN).map((credential) => (
            <li key={credential.publicKey}>
              <span>
                <DeviceText text={credential.name} />
                <span className={styles.sum}>{credential.publicKey}</span>
              </span>
              <StateMark {...stateOf(credential)} />
            </li>
          ))}
        </ul>
      </SettingGroup>
      {contents.importable && <Import {...props} />}
    </>
  )
}

/** Ours by its words, and signed by a key that is not in force here. */
function OldSigner({ signer }: { signer: BundleContents['signer'] }) {
  return signer.retiredAt === null ? (
    <Notice
      tone="warn"
      urgent
      title="Of this profile’s operator, by a key that is on no record here"
    >
      Nothing was changed since it was signed. The key may have been made by another Muster of the
      same operator. Ask there before you use it.
    </Notice>
  ) : (
    <Notice tone="warn" urgent title="Genuine, by a signing key that was removed since">
      It says that it was made while the key was in force; the key was removed{' '}
      <TimeText at={signer.retiredAt} />. Whoever kept a copy of it can claim any date: if the key
      was removed because it was lost, do not use this bundle.
    </Notice>
  )
}

function Import(props: BundleContentsViewProps) {
  const { contents, importing, imported, problem, onImport, onConnected } = props
  const withKey = contents.credentials.filter(({ key }) => key)
  const [chosen, setChosen] = useState(withKey[0]?.publicKey ?? '')
  const [name, setName] = useState(contents.tenant)
  return (
    <SettingGroup title="Take over">
      <SettingRow
        name="As a connection"
        help="Muster connects to this mesh with one of the credentials. Its key goes to the keychain; the bundle stays as it is."
        below={
          <div className={styles.form}>
            <div className={styles.row}>
              <Select
                label="Credential"
                data={withKey
                  .slice(0, MAX_SHOWN)
                  .map((credential) => ({ value: credential.publicKey, label: credential.name }))}
                value={chosen}
                onChange={(value) => setChosen(value ?? chosen)}
                searchable
              />
              <TextInput
                label="Name of the connection"
                maxLength={64}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
            </div>
            {problem !== null && <ProblemNotice problem={problem} />}
            {imported ? (
              <Notice
                tone="ok"
                title="The connection is saved"
                actions={
                  <Button size="xs" variant="default" onClick={onConnected}>
                    Show connections
                  </Button>
                }
              />
            ) : (
              <Group>
                <Button
                  variant="default"
                  disabled={name.trim() === '' || chosen === ''}
                  loading={importing}
                  onClick={() => onImport(chosen, name.trim())}
                >
                  Save the connection
                </Button>
              </Group>
            )}
          </div>
        }
      />
    </SettingGroup>
  )
}

function stateOf({ key, state }: BundleContents['credentials'][number]): {
  tone: Tone
  word: string
} {
  if (state === 'revoked' || state === 'struck') return { tone: 'bad', word: 'Withdrawn' }
  return key ? { tone: 'ok', word: 'With its key' } : { tone: 'info', word: 'Without key' }
}
