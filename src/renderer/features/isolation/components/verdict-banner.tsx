import { Button, Menu } from '@mantine/core'
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconDots,
  IconDownload,
  IconHexagonLetterX,
  IconSignature,
} from '@tabler/icons-react'
import type { SignedReport } from '#shared/contract/isolation.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useExportReport } from '../api/export-report.ts'
import { useSignReport } from '../api/sign-report.ts'
import { VERDICTS } from '../isolation-words.ts'
import { verdictWords } from '../verdict-words.ts'
import styles from './isolation-screen.module.css'
import { RemoveReport } from './remove-report.tsx'

const ICONS = {
  passed: IconCircleCheck,
  failed: IconHexagonLetterX,
  inconclusive: IconAlertTriangle,
} as const

/** The verdict in words, and what can be done with the report. */
export function VerdictBanner({ signed }: { signed: SignedReport }) {
  const { report, signature } = signed
  const save = useExportReport()
  const sign = useSignReport()
  const { tone } = VERDICTS[report.verdict]
  const { title, text } = verdictWords(report)
  const Icon = ICONS[report.verdict]
  return (
    <>
      <section className={styles.verdict} data-tone={tone} aria-label="Verdict">
        <Icon size={36} stroke={1.6} className={styles.verdictIcon} data-tone={tone} aria-hidden />
        <div>
          <h2 className={styles.verdictTitle}>{title}</h2>
          <div className={styles.verdictText}>{text}</div>
        </div>
        <div className={styles.verdictActions}>
          {signature === null && (
            <Button
              leftSection={<IconSignature size={16} />}
              loading={sign.isPending}
              onClick={() => sign.mutate({ id: report.id })}
            >
              Sign
            </Button>
          )}
          <Button
            variant="default"
            leftSection={<IconDownload size={16} />}
            loading={save.isPending}
            onClick={() => save.mutate({ id: report.id, format: 'html' })}
          >
            Export HTML
          </Button>
          <Button
            variant="default"
            loading={save.isPending}
            onClick={() => save.mutate({ id: report.id, format: 'json' })}
          >
            JSON
          </Button>
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" px={9} aria-label="More about this report">
                <IconDots size={16} />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <RemoveReport report={report} />
            </Menu.Dropdown>
          </Menu>
        </div>
      </section>
      {save.isError && <ProblemNotice problem={problemOf(save.error)} />}
      {sign.isError && <ProblemNotice problem={problemOf(sign.error)} />}
    </>
  )
}
