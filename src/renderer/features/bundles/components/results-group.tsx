import { useState } from 'react'
import { Button, Group, Select } from '@mantine/core'
import type { JudgedDevice, ResultsReport } from '#shared/contract/bundles.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { PathInput } from '../../../ui/path-input.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useExportResults, useLookAtResults, useTakeResults } from '../api/results.ts'
import styles from './bundles.module.css'

const DAYS: readonly { readonly value: string; readonly label: string }[] = [
  { value: '1', label: 'The last day' },
  { value: '7', label: 'The last 7 days' },
  { value: '30', label: 'The last 30 days' },
  { value: '365', label: 'The last year' },
]

const VERDICTS: Readonly<Record<JudgedDevice['verdict'], { tone: Tone; word: string }>> = {
  new: { tone: 'ok', word: 'New' },
  known: { tone: 'off', word: 'Known' },
  contradicts: { tone: 'bad', word: 'Contradicts' },
}

/** Devices that were commissioned in the field, on their way to the Muster that keeps the books. */
export function ResultsGroup() {
  return (
    <SettingGroup title="Results of field work">
      <ExportRow />
      <ImportRow />
    </SettingGroup>
  )
}

function ExportRow() {
  const [days, setDays] = useState('7')
  const save = useExportResults()
  return (
    <SettingRow
      name="From this Muster"
      help="Which devices were commissioned here, with their public keys, signed. Nothing in it is secret."
      below={
        <div className={styles.form}>
          <div className={styles.row}>
            <Select
              label="Commissioned in"
              allowDeselect={false}
              data={[...DAYS]}
              value={days}
              onChange={(value) => setDays(value ?? '7')}
            />
          </div>
          {save.isError && <ProblemNotice problem={problemOf(save.error)} />}
          <div>
            <Button
              variant="default"
              loading={save.isPending}
              onClick={() => save.mutate(Number(days))}
            >
              Save the results…
            </Button>
          </div>
        </div>
      }
    />
  )
}

function ImportRow() {
  const [path, setPath] = useState('')
  const look = useLookAtResults()
  const take = useTakeResults()
  const failure = look.error ?? take.error
  return (
    <SettingRow
      name="From another Muster"
      help="A file field-results-….json that somebody brought along. It is checked first; the ledger changes only when you say so."
      below={
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault()
            take.reset()
            if (path.trim() !== '') look.mutate(path.trim())
          }}
        >
          <PathInput
            label="File of results"
            kind="file"
            placeholder="/media/me/STICK/field-results-2026-11-22.json"
            value={path}
            onChange={(value) => {
              look.reset()
              take.reset()
              setPath(value)
            }}
          />
          {failure !== null && <ProblemNotice problem={problemOf(failure)} />}
          {look.data === undefined ? (
            <div>
              <Button
                type="submit"
                variant="default"
                disabled={path.trim() === ''}
                loading={look.isPending}
              >
                Look at them
              </Button>
            </div>
          ) : (
            <Report
              report={look.data}
              added={take.data?.added}
              taking={take.isPending}
              onTake={(report) => take.mutate({ path: report.path, id: report.id })}
            />
          )}
        </form>
      }
    />
  )
}

interface ReportProps {
  readonly report: ResultsReport
  /** How many were taken over; undefined before. */
  readonly added: number | undefined
  readonly taking: boolean
  readonly onTake: (report: ResultsReport) => void
}

function Report({ report, added, taking, onTake }: ReportProps) {
  const { counts, devices, by, createdAt } = report
  const more = counts.new + counts.known + counts.contradicts - devices.length
  return (
    <>
      <div className={styles.hint}>
        Genuine, by <bdi>{by}</bdi>, <TimeText at={createdAt} />: {counts.new.toLocaleString('en')}{' '}
        new, {counts.known.toLocaleString('en')} known, {counts.contradicts.toLocaleString('en')}{' '}
        against what is known here.
      </div>
      <ul className={styles.planned} aria-label="Devices">
        {devices.map((device) => (
          <li key={`${device.publicKey} ${device.issuedAt}`}>
            <span>
              <DeviceText text={`${device.deviceId}, ${device.tenant}`} />
              <span className={styles.sum}>{device.publicKey}</span>
              {device.verdict === 'contradicts' && (
                <span className={styles.hint}>{device.reason}</span>
              )}
            </span>
            <StateMark {...VERDICTS[device.verdict]} />
          </li>
        ))}
      </ul>
      {more > 0 && <div className={styles.hint}>And {more.toLocaleString('en')} more.</div>}
      {added === undefined ? (
        <Group>
          <Button loading={taking} disabled={counts.new === 0} onClick={() => onTake(report)}>
            {counts.new === 1
              ? 'Take the new one into the ledger'
              : `Take the ${counts.new.toLocaleString('en')} new ones into the ledger`}
          </Button>
        </Group>
      ) : (
        <Notice tone="ok" urgent title={`${added.toLocaleString('en')} taken into the ledger`}>
          {counts.contradicts > 0 && 'What contradicts was left out.'}
        </Notice>
      )}
    </>
  )
}
