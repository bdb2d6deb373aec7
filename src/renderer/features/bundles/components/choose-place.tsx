import { Checkbox, SegmentedControl, TextInput } from '@mantine/core'
import { bytesText } from '../../../lib/bytes-text.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { PathInput } from '../../../ui/path-input.tsx'
import { useFolderCheck } from '../api/plan.ts'
import type { BundleDraft } from '../bundle-draft.ts'
import styles from './bundles.module.css'
import { ChooseDrive } from './choose-drive.tsx'
import { ChooseNetwork } from './choose-network.tsx'

interface ChoosePlaceProps {
  readonly draft: BundleDraft
  readonly suggestedName: string
  /** About what will have to fit there. */
  readonly bytes: number
  readonly onChange: (change: Partial<BundleDraft>) => void
}

const PLACES = [
  { value: 'drive', label: 'Removable drive' },
  { value: 'folder', label: 'Folder' },
  { value: 'network', label: 'On the network' },
] as const

/** Where the bundle goes, and what it is called there. */
export function ChoosePlace({ draft, suggestedName, bytes, onChange }: ChoosePlaceProps) {
  return (
    <>
      <SegmentedControl
        aria-label="Where it goes"
        value={draft.place}
        onChange={(place) => onChange({ place })}
        data={[...PLACES]}
      />
      {draft.place === 'drive' && <ChooseDrive draft={draft} bytes={bytes} onChange={onChange} />}
      {draft.place === 'folder' && <ChooseFolder draft={draft} onChange={onChange} />}
      {draft.place === 'network' && <ChooseNetwork draft={draft} onChange={onChange} />}
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

function ChooseFolder({ draft, onChange }: Pick<ChoosePlaceProps, 'draft' | 'onChange'>) {
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
    </>
  )
}
