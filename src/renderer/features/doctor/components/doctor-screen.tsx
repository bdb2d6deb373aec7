import { useEffect, useState } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import type { CredentialSource, Diagnosis, FindingAction } from '#shared/contract/doctor.ts'
import { useApi } from '../../../lib/connection/api-context.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useDiagnose } from '../api/diagnose.ts'
import { DiagnosisView } from './diagnosis-view.tsx'
import styles from './doctor.module.css'
import { Intake } from './intake.tsx'

interface DoctorScreenProps {
  /** A ledger row or device to look at straight away; looked at again when it is another object. */
  readonly subject: Extract<CredentialSource, { type: 'credential' | 'device' }> | null
  readonly onAction: (action: FindingAction) => void
  /** Back to an empty page. */
  readonly onClear: () => void
}

/** Why a credential does not get in, and what to do about it. */
export function DoctorScreen({ subject, onAction, onClear }: DoctorScreenProps) {
  const { client } = useApi()
  const { mutate, isPending, isError, error, reset } = useDiagnose()
  const [diagnosis, setDiagnosis] = useState<Diagnosis | null>(null)
  const id = diagnosis?.id
  // What main holds of it is of no use to anybody once it is off the screen.
  useEffect(() => {
    if (id === undefined) return
    return () => void client.doctor.forget({ id }).catch(() => undefined)
  }, [client, id])
  const look = (source: () => CredentialSource | Promise<CredentialSource>) =>
    mutate(source, { onSuccess: setDiagnosis })
  useEffect(() => {
    if (subject !== null) mutate(() => subject, { onSuccess: setDiagnosis })
  }, [subject, mutate])
  const clear = () => {
    setDiagnosis(null)
    reset()
    onClear()
  }
  return (
    <div className={styles.page}>
      {isError && (
        <ProblemNotice
          problem={problemOf(error)}
          {...(subject === null
            ? {}
            : {
                actions: (
                  <Button size="xs" variant="default" onClick={clear}>
                    Show a file instead
                  </Button>
                ),
              })}
        />
      )}
      {diagnosis !== null && !isPending && (
        <>
          <div>
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              leftSection={<IconArrowLeft size={15} />}
              onClick={clear}
            >
              Another credential
            </Button>
          </div>
          <DiagnosisView diagnosis={diagnosis} onChange={setDiagnosis} onAction={onAction} />
        </>
      )}
      {isPending && <Skeleton height={220} radius="md" aria-label="The credential is looked at" />}
      {diagnosis === null && !isPending && subject === null && <Intake onShow={look} />}
    </div>
  )
}
