import { useState, type RefObject } from 'react'
import { Button, FileButton, Input, SegmentedControl, Textarea } from '@mantine/core'
import { IconCheck, IconFileUpload } from '@tabler/icons-react'
import { DeviceText } from './device-text.tsx'
import styles from './secret-file-field.module.css'

interface SecretFileFieldProps {
  readonly label: string
  readonly description: string
  readonly accept: string
  readonly maxBytes: number
  /** Holds the text; no state, so that it is gone as soon as the form clears it. */
  readonly textRef: RefObject<string>
  readonly error: string | null
  /** Whether the text is kept from the eyes of others. */
  readonly secret: boolean
}

/** Takes the text of a file, chosen or pasted, without keeping it in the state of the page. */
export function SecretFileField(props: SecretFileFieldProps) {
  const { label, description, textRef, error } = props
  const [way, setWay] = useState<'file' | 'paste'>('file')
  return (
    <Input.Wrapper label={label} description={description} error={error}>
      <SegmentedControl
        my={6}
        value={way}
        onChange={(chosen) => {
          textRef.current = ''
          setWay(chosen === 'paste' ? 'paste' : 'file')
        }}
        data={[
          { value: 'file', label: 'From a file' },
          { value: 'paste', label: 'Paste' },
        ]}
        aria-label={`How to give: ${label}`}
      />
      {way === 'file' ? <FileChoice {...props} /> : <PasteBox {...props} />}
    </Input.Wrapper>
  )
}

function FileChoice({ label, accept, maxBytes, textRef }: SecretFileFieldProps) {
  const [name, setName] = useState<string | null>(null)
  const [complaint, setComplaint] = useState<string | null>(null)
  const take = async (file: File | null) => {
    textRef.current = ''
    setName(null)
    setComplaint(null)
    if (file === null) return
    if (file.size > maxBytes) {
      setComplaint(`This file is larger than ${Math.floor(maxBytes / 1000)} kB; it is another one.`)
      return
    }
    textRef.current = await file.text()
    setName(file.name)
  }
  return (
    <div className={styles.fileRow}>
      <FileButton accept={accept} onChange={(file) => void take(file)}>
        {(button) => (
          <Button
            {...button}
            variant="default"
            size="xs"
            leftSection={<IconFileUpload size={15} />}
            aria-label={`Choose a file: ${label}`}
          >
            Choose a file…
          </Button>
        )}
      </FileButton>
      {name !== null && (
        <>
          <IconCheck size={15} color="var(--m-ok)" aria-hidden />
          <DeviceText text={name} mono />
        </>
      )}
      {complaint !== null && (
        <span className={styles.complaint} role="alert">
          {complaint}
        </span>
      )}
    </div>
  )
}

function PasteBox({ label, maxBytes, textRef, secret }: SecretFileFieldProps) {
  return (
    <Textarea
      aria-label={label}
      rows={4}
      maxLength={maxBytes}
      spellCheck={false}
      autoComplete="off"
      classNames={{ input: 'm-mono' }}
      styles={secret ? { input: { WebkitTextSecurity: 'disc' } } : {}}
      onChange={(event) => {
        textRef.current = event.currentTarget.value
      }}
    />
  )
}
