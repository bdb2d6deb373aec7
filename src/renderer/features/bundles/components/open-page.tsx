import { useRef, useState } from 'react'
import { Button, PasswordInput } from '@mantine/core'
import { IconPackageImport } from '@tabler/icons-react'
import type { BundleKeyhole } from '#shared/contract/bundles.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { PathInput } from '../../../ui/path-input.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { useImportConnection, useOpenBundle } from '../api/open-bundle.ts'
import { BundleContentsView } from './bundle-contents.tsx'
import styles from './bundles.module.css'
import { ResultsGroup } from './results-group.tsx'
import { WipeGroup } from './wipe-group.tsx'

interface OpenPageProps {
  readonly onConnected: () => void
}

/** A bundle that came back, or one on a stick: what is in it, and getting rid of it. */
export function OpenPage({ onConnected }: OpenPageProps) {
  const [path, setPath] = useState('')
  const secret = useRef<HTMLInputElement>(null)
  const keyhole = () => keyholeOf(secret.current?.value ?? '')
  const open = useOpenBundle(keyhole)
  const take = useImportConnection(keyhole)
  const look = () => {
    take.reset()
    open.mutate(path.trim())
  }
  return (
    <div className={styles.page}>
      <SettingGroup title="Look into a bundle">
        <SettingRow
          name="Bundle"
          help="The file, sealed or not, or the folder that it was unpacked into. Who made it and every file in it are checked; nothing is written, and no private key is shown."
          below={
            <form
              className={styles.form}
              onSubmit={(event) => {
                event.preventDefault()
                if (path.trim() !== '') look()
              }}
            >
              <PathInput
                label="File or folder"
                kind="file"
                placeholder="/media/me/STICK/north-2026-11-22.zip.age"
                value={path}
                onChange={(value) => {
                  open.reset()
                  setPath(value)
                }}
              />
              <PasswordInput
                ref={secret}
                label="Passphrase or key"
                description="Of a sealed bundle: its passphrase, or your secret key of age (AGE-SECRET-KEY-…)."
                autoComplete="off"
              />
              {open.isError && <ProblemNotice problem={problemOf(open.error)} />}
              <div>
                <Button
                  type="submit"
                  leftSection={<IconPackageImport size={16} aria-hidden />}
                  disabled={path.trim() === ''}
                  loading={open.isPending}
                >
                  Open
                </Button>
              </div>
            </form>
          }
        />
      </SettingGroup>
      {open.data !== undefined && (
        <BundleContentsView
          contents={open.data}
          importing={take.isPending}
          imported={take.isSuccess}
          problem={take.isError ? problemOf(take.error) : null}
          onImport={(publicKey, connectionName) =>
            take.mutate({ path: open.data.path, publicKey, connectionName })
          }
          onConnected={onConnected}
        />
      )}
      <ResultsGroup />
      <WipeGroup />
    </div>
  )
}

function keyholeOf(value: string): BundleKeyhole {
  if (value === '') return { kind: 'none' }
  return /^\s*AGE-SECRET-KEY-/iu.test(value)
    ? { kind: 'identity', identity: value.trim() }
    : { kind: 'passphrase', passphrase: value }
}
