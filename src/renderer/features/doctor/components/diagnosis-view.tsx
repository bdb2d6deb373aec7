import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconCircleCheck, IconCircleX, IconDownload, IconAlertTriangle } from '@tabler/icons-react'
import type { Diagnosis, FindingAction } from '#shared/contract/doctor.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Section } from '../../../ui/side-panel.tsx'
import { useExportDiagnosis } from '../api/export-diagnosis.ts'
import { verdictOf } from '../doctor-words.ts'
import { CredentialFactList } from './credential-fact-list.tsx'
import styles from './doctor.module.css'
import { FindingList } from './finding-list.tsx'
import { SubjectQuestionForm } from './subject-question-form.tsx'
import { TryIt } from './try-it.tsx'

interface DiagnosisViewProps {
  readonly diagnosis: Diagnosis
  readonly onChange: (diagnosis: Diagnosis) => void
  readonly onAction: (action: FindingAction) => void
}

const ICONS = { bad: IconCircleX, warn: IconAlertTriangle, ok: IconCircleCheck } as const

/** What was found about a credential, and what one can do with it. */
export function DiagnosisView({ diagnosis, onChange, onAction }: DiagnosisViewProps) {
  const verdict = verdictOf(diagnosis)
  const Icon = ICONS[verdict.tone]
  return (
    <>
      <header className={styles.verdict} data-tone={verdict.tone} role="status">
        <Icon size={26} stroke={1.75} aria-hidden />
        <div className={styles.verdictText}>
          <h2>{verdict.title}</h2>
          <p>{verdict.text}</p>
        </div>
        <ExportButton id={diagnosis.id} />
      </header>
      <div className={styles.columns}>
        <Section title="What was looked at">
          <FindingList findings={diagnosis.findings} onAction={onAction} />
        </Section>
        <div className={styles.side}>
          <Section title="The credential">
            <CredentialFactList diagnosis={diagnosis} />
          </Section>
          {diagnosis.permissions !== null && (
            <Section title="May it…?">
              <SubjectQuestionForm key={diagnosis.id} id={diagnosis.id} />
            </Section>
          )}
          {diagnosis.facts.format !== 'ledger' && diagnosis.facts.user !== null && (
            <Section title="Try it">
              <TryIt diagnosis={diagnosis} onChange={onChange} />
            </Section>
          )}
        </div>
      </div>
    </>
  )
}

function ExportButton({ id }: { id: string }) {
  const save = useExportDiagnosis()
  return (
    <Button
      variant="default"
      leftSection={<IconDownload size={16} />}
      loading={save.isPending}
      onClick={() =>
        save.mutate(
          { id },
          {
            onError: (error) => {
              const { message, advice } = problemOf(error)
              notifications.show({ color: 'red', title: message, message: advice })
            },
          },
        )
      }
    >
      Export
    </Button>
  )
}
