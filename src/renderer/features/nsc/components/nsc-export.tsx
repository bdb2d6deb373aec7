import { useState } from 'react'
import { Button, Radio, Skeleton, TextInput } from '@mantine/core'
import type { NscExport as Written, NscExportPlan } from '#shared/contract/nsc.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { PathInput } from '../../../ui/path-input.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { useExportPlan } from '../api/export-plan.ts'
import { useExportStore } from '../api/export-store.ts'
import styles from './nsc.module.css'

/** Writes a store for nsc, so that nobody is locked in. */
export function NscExport() {
  const plan = useExportPlan()
  // Without an operator there is nothing to write.
  if (plan.isError && problemOf(plan.error).code === 'AUTHORITY_NOT_SET_UP') return null
  return (
    <SettingGroup title="Write a store for nsc">
      {plan.isPending && <SettingRow name={<Skeleton height={16} w={260} />} />}
      {plan.isError && (
        <SettingRow name="" below={<ProblemNotice problem={problemOf(plan.error)} />} />
      )}
      {plan.data !== undefined && <ExportForm plan={plan.data} />}
    </SettingGroup>
  )
}

type Keys = 'none' | 'signing' | 'all'

function ExportForm({ plan }: { plan: NscExportPlan }) {
  const [folder, setFolder] = useState('')
  const [keys, setKeys] = useState<Keys>('none')
  const [typed, setTyped] = useState('')
  const write = useExportStore()
  const { operatorName, usualFolder, signingKeys, identityKeys } = plan
  const confirmed = keys === 'none' || typed === operatorName
  return (
    <form
      className={styles.exportForm}
      onSubmit={(event) => {
        event.preventDefault()
        if (confirmed && folder.trim() !== '') {
          write.mutate({ folder: folder.trim(), keys, typedName: typed })
        }
      }}
    >
      <p className={styles.hint}>
        The operator <bdi>{operatorName}</bdi>, {counted(plan.accounts, 'account')} and{' '}
        {counted(plan.users, 'user')} in force, as nsc keeps them. Nothing that is in the folder is
        replaced.
      </p>
      <PathInput
        label="Folder"
        kind="folder"
        description={`On the computer that runs Muster; made where it is not there. nsc itself looks into ${usualFolder}.`}
        placeholder="~/nsc-export"
        value={folder}
        onChange={setFolder}
      />
      <Radio.Group
        label="Private keys"
        value={keys}
        onChange={(value) => setKeys(value === 'signing' || value === 'all' ? value : 'none')}
      >
        <div className={styles.operators}>
          <Radio value="none" label="None: to look and to validate" />
          <Radio value="signing" label={counted(signingKeys, 'signing key')} />
          <Radio
            value="all"
            label={`All, with ${counted(identityKeys, 'identity key')}`}
            disabled={identityKeys === 0}
          />
        </div>
      </Radio.Group>
      {keys !== 'none' && (
        <>
          <Notice tone="warn" title="Private keys leave the keychain as plain text.">
            Whoever reads these files can issue credentials
            {keys === 'all' ? ', make accounts and take the whole deployment over' : ''}. Write them
            onto an encrypted disk, and remove them when you are done.
          </Notice>
          <TextInput
            label={
              <>
                Type <bdi>{operatorName}</bdi> to write them
              </>
            }
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
            maw={320}
          />
        </>
      )}
      {write.isError && (
        <ProblemNotice problem={problemOf(write.error)} onClose={() => write.reset()} />
      )}
      <div className={styles.buttons}>
        <Button
          type="submit"
          variant="default"
          loading={write.isPending}
          disabled={!confirmed || folder.trim() === ''}
        >
          Write the store
        </Button>
      </div>
      {write.data !== undefined && <Result written={write.data} />}
    </form>
  )
}

function Result({ written }: { written: Written }) {
  const { folder, same, different, keys, keysMissing, command } = written
  const facts = [
    `${counted(written.written, 'file')} written`,
    ...(same === 0 ? [] : [`${same} there already`]),
    counted(keys, 'private key'),
    ...(keysMissing === 0 ? [] : [`${keysMissing} not in the keychain`]),
  ]
  return (
    <Notice tone="ok" title="The store is written.">
      <DeviceText text={folder} mono wrap />
      <div>{facts.join(', ')}.</div>
      {different.length > 0 && (
        <div>
          {counted(different.length, 'file')} there had other content and stayed as they were. nsc
          pull -A brings them up to date.
        </div>
      )}
      <div style={{ marginTop: 8 }}>To use it, type:</div>
      <div className={styles.command}>
        <code>{command}</code>
        <CopyIcon text={command} what="command" />
      </div>
    </Notice>
  )
}
