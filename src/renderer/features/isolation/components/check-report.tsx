import { useState } from 'react'
import { Button, FileButton, Modal } from '@mantine/core'
import { IconFileCheck, IconFileUpload } from '@tabler/icons-react'
import type { ReportVerification } from '#shared/contract/isolation.ts'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { absoluteTime } from '../../../lib/time/format.ts'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useVerifyReport } from '../api/verify-report.ts'
import { VERDICTS, VERIFICATIONS } from '../isolation-words.ts'

/** A report of the largest proof has half of it. */
const MAX_BYTES = 3_400_000

/** Checks the file of a report, from here or from elsewhere. */
export function CheckReport() {
  const [open, setOpen] = useState(false)
  const [complaint, setComplaint] = useState<string | null>(null)
  const verify = useVerifyReport()
  const take = async (file: File | null) => {
    verify.reset()
    setComplaint(null)
    if (file === null) return
    if (file.size > MAX_BYTES) setComplaint('This file is too large to be a report of Muster.')
    else verify.mutate({ text: await file.text() })
  }
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconFileCheck size={16} />}
        onClick={() => {
          verify.reset()
          setOpen(true)
        }}
      >
        Check a report
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title="Check a report" size="lg">
        <p style={{ marginTop: 0 }}>
          Choose the HTML or JSON file of a report. Muster checks that it is as it was signed, by
          whose key, and that a page shows what its signed data says.
        </p>
        <FileButton accept=".html,.json" onChange={(file) => void take(file)}>
          {(props) => (
            <Button
              {...props}
              variant="default"
              loading={verify.isPending}
              leftSection={<IconFileUpload size={16} />}
            >
              Choose a file
            </Button>
          )}
        </FileButton>
        <div style={{ marginTop: 16 }} role="status">
          {complaint !== null && <Notice tone="bad" title={complaint} />}
          {verify.isError && <ProblemNotice problem={problemOf(verify.error)} />}
          {verify.data !== undefined && <Verification told={verify.data} />}
        </div>
      </Modal>
    </>
  )
}

function Verification({ told }: { told: ReportVerification }) {
  const { title, tone } = VERIFICATIONS[told.result]
  const { summary } = told
  return (
    <>
      <Notice tone={tone} title={title}>
        {told.text}
      </Notice>
      <div style={{ marginTop: 16 }}>
        <Facts>
          {summary !== null && (
            <>
              <Fact name="Says">{VERDICTS[summary.verdict].word}</Fact>
              <Fact name="About">
                {counted(summary.tenants, 'tenant')} on {summary.meshName}
              </Fact>
              <Fact name="Made">{absoluteTime(Date.parse(summary.endedAt))}</Fact>
            </>
          )}
          {told.result !== 'altered' && told.signedAt !== null && (
            <Fact name="Signed">{absoluteTime(Date.parse(told.signedAt))}</Fact>
          )}
          {told.key !== null && (
            <Fact name="Key">
              <span className="m-mono" style={{ overflowWrap: 'anywhere' }}>
                {told.key}
              </span>
            </Fact>
          )}
        </Facts>
      </div>
    </>
  )
}
