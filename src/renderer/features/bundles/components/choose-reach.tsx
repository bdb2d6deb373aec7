import { ActionIcon, Button, Checkbox, Skeleton, TextInput, Tooltip } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import type { HostCheck } from '#shared/contract/bundles.ts'
import { problemOf } from '../../../lib/problem.ts'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { useHostCheck, useHosts } from '../api/plan.ts'
import { isLoopback, newAddress, type Address, type BundleDraft } from '../bundle-draft.ts'
import styles from './bundles.module.css'

const MAX_URLS = 16

interface ChooseReachProps {
  readonly draft: BundleDraft
  readonly addresses: readonly Address[]
  readonly onChange: (change: Partial<BundleDraft>) => void
}

/** Under which addresses the receiving side finds the mesh: what is offered can be edited. */
export function ChooseReach({ draft, addresses, onChange }: ChooseReachProps) {
  const hosts = useHosts(draft.choice.kind)
  if (hosts.isError && draft.addresses === null) {
    return <ProblemNotice problem={problemOf(hosts.error)} />
  }
  if (hosts.data === undefined && draft.addresses === null) return <Skeleton height={36} />
  const change = (next: readonly Address[]) => onChange({ addresses: next })
  const add = (url: string) => change([...addresses, newAddress(url)])
  const urls = addresses.map(({ url }) => url)
  const offered = (hosts.data ?? []).filter(({ url }) => !urls.includes(url))
  return (
    <>
      <ul className={styles.hosts} aria-label="Addresses">
        {addresses.map(({ id, url }, index) => (
          <li key={id}>
            <AddressField
              url={url}
              position={index + 1}
              onChange={(value) => change(addresses.with(index, { id, url: value }))}
              onRemove={() => change(addresses.toSpliced(index, 1))}
            />
          </li>
        ))}
      </ul>
      <div className={styles.buttons}>
        {offered.map(({ url }) => (
          <Button
            key={url}
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => add(url)}
          >
            {url}
          </Button>
        ))}
        {addresses.length < MAX_URLS && (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => add('')}
          >
            Another address
          </Button>
        )}
      </div>
      {urls.some(isLoopback) && (
        <Notice tone="warn" title="An address means “this computer” wherever it is used">
          <p className={styles.hint}>
            A device elsewhere would look for the mesh on itself. Open the mesh to the network
            (Settings, Mesh), or type the address under which the site reaches it.
          </p>
          <Checkbox
            mt="xs"
            label="The bundle is for this computer"
            checked={draft.allowLoopback}
            onChange={(event) => onChange({ allowLoopback: event.currentTarget.checked })}
          />
        </Notice>
      )}
    </>
  )
}

interface AddressFieldProps {
  readonly url: string
  readonly position: number
  readonly onChange: (url: string) => void
  readonly onRemove: () => void
}

const VERDICTS: Readonly<
  Record<HostCheck['state'], { readonly tone: Tone; readonly word: string }>
> = {
  reached: { tone: 'ok', word: 'Answers' },
  unreachable: { tone: 'warn', word: 'Not reached' },
  'not-nats': { tone: 'bad', word: 'Not NATS' },
  loopback: { tone: 'warn', word: 'This computer' },
  invalid: { tone: 'bad', word: 'No address' },
}

function AddressField({ url, position, onChange, onRemove }: AddressFieldProps) {
  const check = useHostCheck(url)
  const verdict = check.data === undefined ? null : VERDICTS[check.data.state]
  return (
    <div className={styles.host}>
      <TextInput
        aria-label={`Address ${position}`}
        classNames={{ input: styles.mono ?? '' }}
        placeholder="tls://mesh.example:4222"
        spellCheck={false}
        maxLength={512}
        value={url}
        onChange={(event) => onChange(event.currentTarget.value.trim())}
        rightSectionWidth={130}
        rightSection={
          url === '' ? null : check.isFetching ? (
            <StateMark tone="busy" word="Looking" />
          ) : (
            verdict !== null && <StateMark tone={verdict.tone} word={verdict.word} />
          )
        }
      />
      <Tooltip label="Remove">
        <ActionIcon size="lg" onClick={onRemove} aria-label={`Remove address ${position}`}>
          <IconX size={16} />
        </ActionIcon>
      </Tooltip>
      {check.data !== undefined && url !== '' && check.data.state !== 'reached' && (
        <span className={styles.verdict}>{check.data.message}</span>
      )}
    </div>
  )
}
