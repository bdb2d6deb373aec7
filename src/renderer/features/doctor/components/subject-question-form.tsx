import { useState } from 'react'
import { Button, SegmentedControl, TextInput } from '@mantine/core'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useAskSubject } from '../api/ask-subject.ts'
import styles from './doctor.module.css'

/** Asks whether the permissions let a subject through. */
export function SubjectQuestionForm({ id }: { id: string }) {
  const ask = useAskSubject()
  const [operation, setOperation] = useState<'publish' | 'subscribe'>('publish')
  const [subject, setSubject] = useState('')
  const [queue, setQueue] = useState('')
  const change = () => ask.reset()
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        const group = operation === 'subscribe' && queue.trim() !== '' ? queue.trim() : null
        ask.mutate({ id, operation, subject: subject.trim(), queue: group })
      }}
    >
      <SegmentedControl
        size="xs"
        aria-label="Publish or subscribe"
        value={operation}
        onChange={(value) => {
          change()
          setOperation(value === 'subscribe' ? 'subscribe' : 'publish')
        }}
        data={[
          { value: 'publish', label: 'Publish to' },
          { value: 'subscribe', label: 'Subscribe to' },
        ]}
      />
      <TextInput
        aria-label="Subject"
        placeholder="device-connect.north.pump-1.cmd"
        maxLength={1_024}
        spellCheck={false}
        classNames={{ input: 'm-mono' }}
        value={subject}
        onChange={(event) => {
          change()
          setSubject(event.currentTarget.value)
        }}
      />
      {operation === 'subscribe' && (
        <TextInput
          aria-label="Queue group"
          placeholder="Queue group, if any"
          maxLength={256}
          value={queue}
          onChange={(event) => {
            change()
            setQueue(event.currentTarget.value)
          }}
        />
      )}
      <Button
        type="submit"
        size="xs"
        variant="default"
        disabled={subject.trim() === ''}
        loading={ask.isPending}
      >
        Check
      </Button>
      {ask.data !== undefined && (
        <Notice
          urgent
          tone={ask.data.allowed ? 'ok' : 'bad'}
          title={ask.data.allowed ? 'Yes, it may' : 'No, it may not'}
        >
          <bdi>{ask.data.text}</bdi>
        </Notice>
      )}
      {ask.isError && <ProblemNotice problem={problemOf(ask.error)} />}
    </form>
  )
}
