import { lazy, Suspense, useId, useMemo, useRef, useState } from 'react'
import { Button, NumberInput, SegmentedControl, Skeleton } from '@mantine/core'
import { IconChevronRight, IconHourglass, IconPlayerPlay } from '@tabler/icons-react'
import type { DeviceAddress, DeviceFunction } from '#shared/contract/fleet.ts'
import { prettyJson } from '../../../lib/json/tokens.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useCallFunction } from '../api/call-function.ts'
import { useQueueCommand } from '../api/queue-command.ts'
import { DEFAULT_EXPIRY } from '../queue-words.ts'
import { sanitizeSchema, takesNothing } from '../schema/sanitize-schema.ts'
import { CallOutcome } from './call-outcome.tsx'
import styles from './functions-tab.module.css'
import { ExpirySelect } from './expiry-select.tsx'
import { JsonParams, parseParams } from './json-params.tsx'
import { QueueOutcome } from './queue-outcome.tsx'

// The form library is the largest part of the window; it is loaded when a form is.
const FunctionForm = lazy(() => import('./function-form.tsx'))

const DEFAULT_TIMEOUT_SECONDS = 10
const MAX_TIMEOUT_SECONDS = 600
const SECOND_MS = 1_000

interface FunctionCardProps {
  readonly address: DeviceAddress
  readonly declared: DeviceFunction
  /** It is connected, so that a call reaches it. */
  readonly online: boolean
  readonly onShowQueue: () => void
  readonly open: boolean
  readonly onToggle: () => void
}

/** A function of a device; opened, the form to call it with. */
export function FunctionCard(props: FunctionCardProps) {
  const { declared, open, onToggle } = props
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
      {open && <CallForm {...props} />}
    </div>
  )
}

type CallFormProps = Omit<FunctionCardProps, 'open' | 'onToggle'>

function CallForm({ address, declared, online, onShowQueue }: CallFormProps) {
  const id = useId()
  const schema = useMemo(() => sanitizeSchema(declared.parameters), [declared.parameters])
  const [way, setWay] = useState<'form' | 'json'>(schema === null ? 'json' : 'form')
  const [params, setParams] = useState<Record<string, unknown>>({})
  const [text, setText] = useState('{}')
  const [complaint, setComplaint] = useState<string | null>(null)
  const [seconds, setSeconds] = useState(DEFAULT_TIMEOUT_SECONDS)
  const [expiry, setExpiry] = useState(DEFAULT_EXPIRY)
  const call = useCallFunction(address)
  const queued = useQueueCommand()
  // Set by the button that submits; Enter in a field is that which stands first.
  const wanted = useRef<'call' | 'queue'>('call')
  const isBusy = call.isPending || queued.isPending
  const run = (given: Record<string, unknown>) => {
    const order = { functionName: declared.name, params: given }
    call.reset()
    queued.reset()
    if (wanted.current === 'call') {
      call.mutate({ ...order, timeoutMs: Math.round(seconds * SECOND_MS) })
    } else {
      const id = crypto.randomUUID()
      queued.mutate({ ...address, ...order, id, expiresInMs: Number(expiry) })
    }
  }
  const queueInstead = (given: Record<string, unknown> = {}) => {
    wanted.current = 'queue'
    run(given)
  }
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
  const json = <JsonParams text={text} onChange={setText} error={complaint} disabled={isBusy} />
  const submit = (intent: 'call' | 'queue') => ({
    ...(way === 'form' ? { type: 'submit' as const, form: id } : {}),
    onClick: () => {
      wanted.current = intent
      if (way !== 'form') runText()
    },
  })
  const callButton = (
    <Button
      leftSection={<IconPlayerPlay size={15} />}
      variant={online ? 'filled' : 'default'}
      loading={call.isPending}
      disabled={queued.isPending}
      {...submit('call')}
    >
      Call
    </Button>
  )
  const queueButton = (
    <Button
      leftSection={<IconHourglass size={15} />}
      variant={online ? 'default' : 'filled'}
      loading={queued.isPending}
      disabled={call.isPending}
      {...submit('queue')}
    >
      {online ? 'Queue' : 'Queue for when it is back'}
    </Button>
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
            disabled={isBusy}
            onChange={setParams}
            onSubmit={run}
            fallback={json}
          />
        </Suspense>
      ) : (
        json
      )}
      <div className={styles.tools}>
        {online && callButton}
        {queueButton}
        <ExpirySelect value={expiry} onChange={setExpiry} />
        {!online && callButton}
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
        {call.data !== undefined && (
          <CallOutcome outcome={call.data} onQueue={() => queueInstead(call.variables?.params)} />
        )}
        {call.isError && <ProblemNotice problem={problemOf(call.error)} />}
        <QueueOutcome address={address} queued={queued} online={online} onShowQueue={onShowQueue} />
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
