import { useState } from 'react'
import { Button, Checkbox, Modal, TextInput } from '@mantine/core'
import { IconSearch, IconTrash } from '@tabler/icons-react'
import type { Drive, FoundBundle } from '#shared/contract/bundles.ts'
import { bytesText } from '../../../lib/bytes-text.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { PathInput } from '../../../ui/path-input.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useDrives } from '../api/drives.ts'
import { useFindBundles, useWipeBundles } from '../api/open-bundle.ts'
import styles from './bundles.module.css'
import { DriveList } from './drive-list.tsx'

const KIND_NAMES: Readonly<Record<FoundBundle['kind'], string>> = {
  sealed: 'Sealed',
  plain: 'Open',
  folder: 'Unpacked',
  beside: 'README, opener',
  part: 'Half written',
}

/** Finds bundles that were delivered, and gets rid of them. */
export function WipeGroup() {
  const [path, setPath] = useState('')
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [asking, setAsking] = useState(false)
  const find = useFindBundles()
  const drives = useDrives()
  const look = (at: string) => {
    setChosen([])
    find.mutate(at.trim())
  }
  const lookOn = ({ path: mounted }: Drive) => {
    if (mounted === null) return
    setPath(mounted)
    look(mounted)
  }
  const found = find.data
  return (
    <SettingGroup title="After the delivery">
      <SettingRow
        name="Find and wipe bundles"
        help="In a folder or on a stick, and below it. On flash, overwriting reaches other cells than those that hold the file: a stick with an open bundle that must not be read is destroyed, not wiped."
        below={
          <div className={styles.form}>
            <DriveList
              label="Drives to search"
              state={drives}
              chosen={drives?.drives.find((drive) => drive.path === path)?.id ?? null}
              bytes={null}
              onChoose={lookOn}
            />
            <PathInput
              label="Folder to search"
              kind="folder"
              placeholder="/media/me/STICK"
              value={path}
              onChange={(value) => {
                find.reset()
                setPath(value)
              }}
            />
            <div>
              <Button
                variant="default"
                leftSection={<IconSearch size={16} aria-hidden />}
                disabled={path.trim() === ''}
                loading={find.isPending}
                onClick={() => look(path)}
              >
                Search
              </Button>
            </div>
            {find.isError && <ProblemNotice problem={problemOf(find.error)} />}
            {found !== undefined && found.length === 0 && (
              <Notice tone="info" title="No bundle is there" />
            )}
            {found !== undefined && found.length > 0 && (
              <>
                <ul className={styles.planned} aria-label="Bundles that were found">
                  {found.map((bundle) => (
                    <Found
                      key={bundle.path}
                      bundle={bundle}
                      chosen={chosen.includes(bundle.path)}
                      onChoose={(on) =>
                        setChosen(
                          on
                            ? [...chosen, bundle.path]
                            : chosen.filter((other) => other !== bundle.path),
                        )
                      }
                    />
                  ))}
                </ul>
                <div>
                  <Button
                    color="red"
                    leftSection={<IconTrash size={16} aria-hidden />}
                    disabled={chosen.length === 0}
                    onClick={() => setAsking(true)}
                  >
                    Wipe {chosen.length === 0 ? '' : chosen.length}…
                  </Button>
                </div>
              </>
            )}
            <WipeDialog
              opened={asking}
              path={path.trim()}
              bundles={chosen}
              onClose={() => setAsking(false)}
              onWiped={() => look(path)}
            />
          </div>
        }
      />
    </SettingGroup>
  )
}

interface FoundProps {
  readonly bundle: FoundBundle
  readonly chosen: boolean
  readonly onChoose: (on: boolean) => void
}

function Found({ bundle, chosen, onChoose }: FoundProps) {
  return (
    <li>
      <Checkbox
        checked={chosen}
        onChange={(event) => onChoose(event.currentTarget.checked)}
        label={<DeviceText text={bundle.path} wrap mono />}
        description={
          <>
            {bundle.bytes > 0 && `${bytesText(bundle.bytes)}, `}
            <TimeText at={bundle.changedAt} />
            {bundle.receipt !== null && ', handed over by this profile'}
          </>
        }
      />
      <Tag>{KIND_NAMES[bundle.kind]}</Tag>
    </li>
  )
}

interface WipeDialogProps {
  readonly opened: boolean
  readonly path: string
  readonly bundles: readonly string[]
  readonly onClose: () => void
  readonly onWiped: () => void
}

function WipeDialog({ opened, path, bundles, onClose, onWiped }: WipeDialogProps) {
  const wipe = useWipeBundles()
  const [typed, setTyped] = useState('')
  const failed = wipe.data?.failed ?? []
  const close = () => {
    setTyped('')
    wipe.reset()
    onClose()
  }
  return (
    <Modal opened={opened} onClose={close} title={`Wipe ${bundles.length} for good?`}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (typed !== 'wipe') return
          wipe.mutate(
            { path, bundles: [...bundles] },
            {
              onSuccess: (result) => {
                onWiped()
                if (result.failed.length === 0) close()
              },
            },
          )
        }}
      >
        <p className={styles.hint}>
          They are overwritten once and deleted. The credentials in them stay good until they are
          revoked. On a stick, and on solid-state disks, old cells may keep what stood there.
        </p>
        <TextInput
          label="Type wipe to confirm"
          value={typed}
          autoComplete="off"
          data-autofocus
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {wipe.isError && <ProblemNotice problem={problemOf(wipe.error)} />}
        {failed.length > 0 && (
          <Notice tone="bad" urgent title={`${failed.length} could not be wiped`}>
            {failed.map((one) => (
              <div key={one.path}>
                <bdi>{one.path}</bdi>: {one.reason}
              </div>
            ))}
          </Notice>
        )}
        <div className={styles.buttons}>
          <Button variant="default" onClick={close}>
            Keep them
          </Button>
          <Button type="submit" color="red" disabled={typed !== 'wipe'} loading={wipe.isPending}>
            Wipe
          </Button>
        </div>
      </form>
    </Modal>
  )
}
