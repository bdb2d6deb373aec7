import { useImperativeHandle, useRef, useState, type Ref } from 'react'
import { FileInput, PasswordInput, SegmentedControl, Textarea } from '@mantine/core'
import { IconKey } from '@tabler/icons-react'
import type { PresentedKit } from '#shared/contract/recovery.ts'
import styles from './recovery.module.css'

/** No kit is nearly as large; whatever is, was chosen by mistake. */
const MAX_KIT_BYTES = 2 * 1024 * 1024

export interface KitFieldsHandle {
  /** What the fields hold now; null, and a complaint beside the field, where something is missing. */
  read(): PresentedKit | null
  /** Forgets the secret. */
  clear(): void
}

interface KitFieldsProps {
  readonly ref: Ref<KitFieldsHandle>
  readonly disabled: boolean
}

/**
 * Asks for a kit: its file, or what was scanned or typed off its page; and for what opens it. The
 * secret stays in its field and is read from there at the moment of use.
 */
export function KitFields({ ref, disabled }: KitFieldsProps) {
  const [from, setFrom] = useState<'file' | 'page'>('file')
  const [file, setFile] = useState<{ readonly name: File; readonly text: string } | null>(null)
  const [typed, setTyped] = useState('')
  const [complaint, setComplaint] = useState<{ kit?: string; secret?: string }>({})
  const secret = useRef<HTMLInputElement>(null)
  const text = from === 'file' ? (file?.text ?? '') : typed

  useImperativeHandle(ref, () => ({
    read: () => {
      const value = secret.current?.value ?? ''
      const missing = {
        ...(text.trim() === '' ? { kit: kitMissing(from) } : {}),
        ...(value === '' ? { secret: 'Type the passphrase.' } : {}),
      }
      setComplaint(missing)
      if (Object.keys(missing).length > 0) return null
      return { text, keyhole: keyholeOf(value) }
    },
    clear: () => {
      if (secret.current !== null) secret.current.value = ''
    },
  }))

  const choose = async (chosen: File | null) => {
    if (chosen === null) return setFile(null)
    if (chosen.size > MAX_KIT_BYTES) {
      setFile(null)
      return setComplaint({ kit: 'This file is too large to be a kit.' })
    }
    setFile({ name: chosen, text: await chosen.text() })
    setComplaint({})
  }
  return (
    <div className={styles.fields}>
      <SegmentedControl
        aria-label="The kit is"
        value={from}
        onChange={(value) => setFrom(value === 'page' ? 'page' : 'file')}
        data={[
          { value: 'file', label: 'A file' },
          { value: 'page', label: 'A printed page' },
        ]}
        disabled={disabled}
      />
      {from === 'file' ? (
        <FileInput
          label="Kit file"
          description="Its name ends in .muster-kit.age"
          placeholder="Choose the file"
          leftSection={<IconKey size={16} aria-hidden />}
          accept=".age,.txt"
          value={file?.name ?? null}
          onChange={(chosen) => void choose(chosen)}
          error={complaint.kit}
          disabled={disabled}
        />
      ) : (
        <Textarea
          label="Codes or lines of the page"
          description="Scan each code into a line of its own, or type the numbered lines. Capitals and spaces do not matter."
          classNames={{ input: styles.paper ?? '' }}
          autosize
          minRows={5}
          maxRows={14}
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          error={complaint.kit}
          disabled={disabled}
        />
      )}
      <PasswordInput
        ref={secret}
        label="Passphrase"
        description="Or the secret key (AGE-SECRET-KEY-…) of somebody whom the kit is sealed to."
        autoComplete="off"
        error={complaint.secret}
        disabled={disabled}
      />
    </div>
  )
}

function kitMissing(from: 'file' | 'page'): string {
  return from === 'file' ? 'Choose the kit file.' : 'Scan or type what stands on the page.'
}

function keyholeOf(value: string): PresentedKit['keyhole'] {
  return /^\s*AGE-SECRET-KEY-/iu.test(value)
    ? { kind: 'identity', identity: value.trim() }
    : { kind: 'passphrase', passphrase: value }
}
