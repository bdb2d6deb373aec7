import { Checkbox, TextInput } from '@mantine/core'
import { bytesText } from '../../../lib/bytes-text.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { PathInput } from '../../../ui/path-input.tsx'
import { useFolderCheck } from '../api/plan.ts'
import type { BundleDraft } from '../bundle-draft.ts'
import styles from './bundles.module.css'

interface ChoosePlaceProps {
  readonly draft: BundleDraft
  readonly suggestedName: string
  readonly onChange: (change: Partial<BundleDraft>) => void
}

/** Where the bundle goes, and what it is called there. */
export function ChoosePlace({ draft, suggestedName, onChange }: ChoosePlaceProps) {
  const check = useFolderCheck(draft.folder)
  const facts = draft.folder.trim() === '' ? undefined : check.data
  const free = facts?.freeBytes ?? null
  return (
    <>
      <PathInput
        label="Folder"
        kind="folder"
        description={
          free === null ? 'On the computer that runs Muster.' : `${bytesText(free)} free.`
        }
        placeholder="~/bundles"
        value={draft.folder}
        onChange={(folder) => onChange({ folder, allowSynced: false })}
      />
      {facts !== undefined && facts.problem !== null && <ProblemNotice problem={facts.problem} />}
      {facts !== undefined && facts.syncedBy !== null && (
        <Notice
          tone={draft.sealing === 'plain' ? 'bad' : 'warn'}
          title={`${facts.syncedBy} copies this folder to other computers`}
        >
          {draft.sealing === 'plain' ? (
            'An open bundle is not put there. Seal it, or choose another folder.'
          ) : (
            <>
              <p className={styles.hint}>
                What is put there is copied at once, and a copy stays when it is deleted here.
              </p>
              <Checkbox
                mt="xs"
                label="I want it there"
                checked={draft.allowSynced}
                onChange={(event) => onChange({ allowSynced: event.currentTarget.checked })}
              />
            </>
          )}
        </Notice>
      )}
      <TextInput
        label="Name of the file"
        placeholder={suggestedName}
        maxLength={64}
        value={draft.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
    </>
  )
}
