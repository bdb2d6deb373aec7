import { ActionIcon, Tooltip } from '@mantine/core'
import { IconFileExport, IconGripVertical } from '@tabler/icons-react'
import type { BundleReceipt } from '#shared/contract/bundles.ts'
import { bytesText } from '../../../lib/bytes-text.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useFileDrag, useSaveCopy } from '../api/pass-on.ts'
import styles from './bundles.module.css'

/** The files of a bundle with their hashes; those in a folder of this computer can be passed on. */
export function ReceiptFiles({ receipt }: { receipt: BundleReceipt }) {
  const copy = useSaveCopy(receipt.id)
  const drag = useFileDrag(receipt.id)
  const isHere = receipt.destination.kind === 'folder'
  const failed = copy.error ?? drag.error
  return (
    <>
      {failed !== null && <ProblemNotice problem={problemOf(failed)} />}
      <ul className={styles.files} aria-label="Files">
        {receipt.files.map(({ name, bytes, sha256 }) => (
          <li key={name}>
            <div className={styles.file}>
              {isHere ? (
                <span className={styles.grip} title="Drag it out" {...drag.handlersOf(name)}>
                  <IconGripVertical size={14} aria-hidden />
                  <bdi>{name}</bdi>
                </span>
              ) : (
                <bdi>{name}</bdi>
              )}
              <span className="m-muted">{bytesText(bytes)}</span>
              {isHere && (
                <Tooltip label="Save a copy…">
                  <ActionIcon
                    size="sm"
                    aria-label={`Save a copy of ${name}`}
                    loading={copy.isPending && copy.variables === name}
                    onClick={() => copy.mutate(name)}
                  >
                    <IconFileExport size={15} />
                  </ActionIcon>
                </Tooltip>
              )}
            </div>
            <span className={styles.sum}>SHA-256 {sha256}</span>
          </li>
        ))}
      </ul>
    </>
  )
}
