import { useState } from 'react'
import { Button, Modal, TextInput } from '@mantine/core'
import type { Enrollment } from '#shared/contract/enrollment.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import dialog from '../../../ui/dialog.module.css'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { PanelBody, Section, SidePanel } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { SubmitRow } from '../../../ui/submit-row.tsx'
import { Countdown, TimeText } from '../../../ui/time-text.tsx'
import { useRemoveEnrollment, useRevokeEnrollment } from '../api/enrollment.ts'
import { isOpen, revocationText, STATE_WORDS } from '../enrollment-words.ts'
import styles from './bundles.module.css'

/** One enrollment: where it stands, how it came there, and its end. */
export function EnrollmentPanel({
  enrollment,
  onClose,
}: {
  enrollment: Enrollment
  onClose: () => void
}) {
  const [revoking, setRevoking] = useState(false)
  const remove = useRemoveEnrollment()
  const { id, name, kind, tenant, state, history, problem, serverUrl, urls } = enrollment
  const over = state === 'revoked' || state === 'expired'
  return (
    <SidePanel
      label={`Enrollment of ${name}`}
      title={<DeviceText text={name} wrap />}
      subtitle={`${kind === 'collector' ? 'Collector' : 'Device'}, tenant ${tenant}`}
      onClose={onClose}
      actions={
        over ? (
          <Button
            variant="default"
            size="xs"
            loading={remove.isPending}
            onClick={() => remove.mutate(id, { onSuccess: onClose })}
          >
            Remove from the list
          </Button>
        ) : (
          <Button variant="default" color="red" size="xs" onClick={() => setRevoking(true)}>
            Revoke…
          </Button>
        )
      }
    >
      <PanelBody focusKey={id}>
        <div className={styles.panelBody}>
          {remove.isError && <ProblemNotice problem={problemOf(remove.error)} />}
          {problem !== null && <ProblemNotice problem={problem} />}
          <Section title="What happened">
            <ol className={styles.history}>
              {history.map((passed) => (
                <li key={`${passed.state} ${passed.at}`}>
                  <StateMark
                    tone={STATE_WORDS[passed.state].tone}
                    word={STATE_WORDS[passed.state].told}
                  />
                  <TimeText at={passed.at} />
                </li>
              ))}
            </ol>
          </Section>
          <Section title="Token">
            <Facts>
              <Fact name="Good for">
                {isOpen(enrollment) ? <Countdown until={enrollment.expiresAt} /> : 'Not any more'}
              </Fact>
              <Fact name="Given out by">
                <bdi>{enrollment.by}</bdi>
              </Fact>
              <Fact name="Fetched at">
                <span className={styles.mono}>{serverUrl}</span>
              </Fact>
              <Fact name="Fetched by">{enrollment.fetchedBy}</Fact>
            </Facts>
          </Section>
          <Section title="Credential">
            <Facts>
              <Fact name="Mesh">
                <span className={styles.mono}>{urls.join(', ')}</span>
              </Fact>
              <Fact name="Valid for">{`${enrollment.validDays} days from the download`}</Fact>
              <Fact name="Key">
                {enrollment.publicKey !== null && (
                  <span className={styles.sum}>{enrollment.publicKey}</span>
                )}
              </Fact>
            </Facts>
          </Section>
        </div>
      </PanelBody>
      <RevokeDialog enrollment={enrollment} opened={revoking} onClose={() => setRevoking(false)} />
    </SidePanel>
  )
}

interface RevokeDialogProps {
  readonly enrollment: Enrollment
  readonly opened: boolean
  readonly onClose: () => void
}

/** Says what it takes down, and asks for the name. */
function RevokeDialog({ enrollment, opened, onClose }: RevokeDialogProps) {
  const revoke = useRevokeEnrollment()
  const [typed, setTyped] = useState('')
  const { id, name } = enrollment
  const close = () => {
    setTyped('')
    revoke.reset()
    onClose()
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={
        <>
          Revoke the enrollment of <bdi>{name}</bdi>?
        </>
      }
    >
      <form
        className={dialog.body}
        onSubmit={(event) => {
          event.preventDefault()
          if (typed === name) revoke.mutate({ id, typed }, { onSuccess: close })
        }}
      >
        <p className={styles.hint}>{revocationText(enrollment)}</p>
        <TextInput
          label={`Type ${name} to confirm`}
          autoComplete="off"
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {revoke.isError && <ProblemNotice problem={problemOf(revoke.error)} />}
        <SubmitRow
          onCancel={close}
          color="red"
          disabled={typed !== name}
          loading={revoke.isPending}
        >
          Revoke
        </SubmitRow>
      </form>
    </Modal>
  )
}
