import { lazy, Suspense, useId, useMemo, useState } from 'react'
import { Button, NumberInput, SegmentedControl, Skeleton } from '@mantine/core'
import { IconChevronRight, IconPlayerPlay } from '@tabler/icons-react'
import type { DeviceAddress, DeviceFunction } from '#shared/contract/fleet.ts'
import { prettyJson } from '../../../lib/json/tokens.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useCallFunction } from '../api/call-function.ts'
import { sanitizeSchema, takesNothing } from '../schema/sanitize-schema.ts'
import { CallOutcome } from './call-outcome.tsx'
import styles from './functions-tab.module.css'
import { JsonParams, parseParams } from './json-params.tsx'

// The form library is the largest part of the window; it is loaded when a form is.
const FunctionForm = lazy(() => import('./function-form.tsx'))

const DEFAULT_TIMEOUT_SECONDS = 10
const MAX_TIMEOUT_SECONDS = 600
const SECOND_MS = 1_000

interface FunctionCardProps {
  readonly address: DeviceAddress
  readonly declared: DeviceFunction
  readonly open: boolean
  readonly onToggle: () => void
}

/** A function of a device; opened, the form to call it with. */
export function FunctionCard({ address, declared, open, onToggle }: FunctionCardProps) {
  return (
    <div className={styles.card} data-open={open}>
      <button type="button" className={styles.head} aria-expanded={open} onClick={onToggle}>
        <IconChevronRight size={16} className={styles.chevron} aria-hidden />
        <span className={styles.headText}>
          <DeviceText text={declared.name} mono className="m-strong" />
          {declared.description !== '' && (
            <DeviceText text={declared.description} wrap={open} className="m-muted" />
          )}
        </span>
      </button>
      {open && <CallForm address={address} declared={declared} />}
    </div>
  )
}

function CallForm({ address, declared }: { address: DeviceAddress; declared: DeviceFunction }) {
  const id = useId()
  const schema = useMemo(() => sanitizeSchema(declared.parameters), [declared.parameters])
  const [way, setWay] = useState<'form' | 'json'>(schema === null ? 'json' : 'form')
  const [params, setParams] = useState<Record<string, unknown>>({})
  const [text, setText] = useState('{}')
  const [complaint, setComplaint] = useState<string | null>(null)
  const [seconds, setSeconds] = useState(DEFAULT_TIMEOUT_SECONDS)
  const call = useCallFunction(address)
  const run = (given: Record<string, unknown>) =>
    call.mutate({
      functionName: declared.name,
      params: given,
      timeoutMs: Math.round(seconds * SECOND_MS),
    })
  const runText = () => {
    const parsed = parseParams(text)
    setComplaint(typeof parsed === 'string' ? parsed : null)
    if (typeof parsed !== 'string') run(parsed)
  }
  const switchTo = (next: 'form' | 'json') => {
    if (next === 'json') setText(prettyJson(params))
    const parsed = parseParams(text)
    if (next === 'form' && typeof parsed !== 'string') setParams(parsed)
    setComplaint(null)
    setWay(next)
  }
  const json = (
    <JsonParams text={text} onChange={setText} error={complaint} disabled={call.isPending} />
  )
  return (
    <div className={styles.body}>
      {schema !== null && takesNothing(schema) && way === 'form' ? (
        <form
          id={id}
          onSubmit={(event) => {
            event.preventDefault()
            run({})
          }}
        >
          <p className="m-muted" style={{ margin: 0 }}>
            This function takes no parameters.
          </p>
        </form>
      ) : way === 'form' && schema !== null ? (
        <Suspense fallback={<Skeleton height={60} />}>
          <FunctionForm
            id={id}
            schema={schema}
            initial={params}
            disabled={call.isPending}
            onChange={setParams}
            onSubmit={run}
            fallback={json}
          />
        </Suspense>
      ) : (
        json
      )}
      <div className={styles.tools}>
        <Button
          leftSection={<IconPlayerPlay size={15} />}
          loading={call.isPending}
          {...(way === 'form' ? { type: 'submit' as const, form: id } : { onClick: runText })}
        >
          Call
        </Button>
        {call.isPending && (
          <Button variant="default" onClick={call.cancel}>
            Cancel
          </Button>
        )}
        <span className={styles.space} />
        <TimeoutField value={seconds} onChange={setSeconds} />
        <SegmentedControl
          aria-label="How to give parameters"
          value={way}
          onChange={(chosen) => switchTo(chosen === 'json' ? 'json' : 'form')}
          data={[
            { value: 'form', label: 'Form', disabled: schema === null },
            { value: 'json', label: 'JSON' },
          ]}
        />
      </div>
      <div role="status" aria-live="polite">
        {call.data !== undefined && <CallOutcome outcome={call.data} />}
        {call.isError && <ProblemNotice problem={problemOf(call.error)} />}
      </div>
    </div>
  )
}

interface TimeoutFieldProps {
  readonly value: number
  readonly onChange: (seconds: number) => void
}

function TimeoutField({ value, onChange }: TimeoutFieldProps) {
  return (
    <NumberInput
      aria-label="Timeout in seconds"
      size="xs"
      w={96}
      min={1}
      max={MAX_TIMEOUT_SECONDS}
      clampBehavior="blur"
      suffix=" s"
      prefix="Wait "
      hideControls
      value={value}
      onChange={(next) => {
        if (typeof next === 'number') {
          onChange(Math.min(MAX_TIMEOUT_SECONDS, Math.max(1, next)))
        }
      }}
    />
  )
}
