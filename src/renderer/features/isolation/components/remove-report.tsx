import { useState } from 'react'
import { Button, Menu, Modal, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import type { IsolationReport } from '#shared/contract/isolation.ts'
import { problemOf } from '../../../lib/problem.ts'
import { absoluteTime } from '../../../lib/time/format.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useRemoveReport } from '../api/remove-report.ts'
import styles from './isolation-screen.module.css'

const WORD = 'remove'

/** Removes a report, after the word for it was typed. */
export function RemoveReport({ report }: { report: IsolationReport }) {
  const [asking, setAsking] = useState(false)
  const [typed, setTyped] = useState('')
  const remove = useRemoveReport()
  return (
    <>
      <Menu.Item
        color="red"
        closeMenuOnClick={false}
        leftSection={<IconTrash size={15} />}
        onClick={() => setAsking(true)}
      >
        Remove this report…
      </Menu.Item>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Remove this report?">
        <p style={{ marginTop: 0 }}>
          The report of {absoluteTime(Date.parse(report.endedAt))} on {report.tenants.length}{' '}
          tenants leaves this profile. Files that were exported stay as they are and can still be
          checked.
        </p>
        <TextInput
          label={`Type ${WORD} to confirm`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
        />
        {remove.isError && <ProblemNotice problem={problemOf(remove.error)} />}
        <div className={styles.dialogButtons}>
          <Button variant="default" onClick={() => setAsking(false)}>
            Keep
          </Button>
          <Button
            color="red"
            disabled={typed !== WORD}
            loading={remove.isPending}
            onClick={() => remove.mutate({ id: report.id })}
          >
            Remove
          </Button>
        </div>
      </Modal>
    </>
  )
}
