import { useRef, useState, type DragEvent } from 'react'
import { Button, FileButton, Textarea } from '@mantine/core'
import { IconFileUpload, IconStethoscope } from '@tabler/icons-react'
import type { CredentialSource } from '#shared/contract/doctor.ts'
import { Notice } from '../../../ui/notice.tsx'
import styles from './doctor.module.css'

/** A credential has some thousands. */
const MAX_BYTES = 128 * 1024

interface IntakeProps {
  readonly onShow: (source: () => CredentialSource | Promise<CredentialSource>) => void
}

/** Takes a file or a text. Neither becomes state of the page: it goes to main, and that is it. */
export function Intake({ onShow }: IntakeProps) {
  const text = useRef<HTMLTextAreaElement>(null)
  const [over, setOver] = useState(false)
  const [hasText, setHasText] = useState(false)
  const [complaint, setComplaint] = useState<string | null>(null)
  const take = (file: File | null | undefined) => {
    setComplaint(null)
    if (file === null || file === undefined) return
    if (file.size > MAX_BYTES) {
      setComplaint(`${file.name} is larger than ${MAX_BYTES / 1024} kB: it is no credential.`)
      return
    }
    if (file.size === 0) {
      setComplaint(`${file.name} is empty: nothing arrived in it.`)
      return
    }
    onShow(async () => ({
      type: 'file',
      name: file.name.slice(0, 256),
      content: base64Of(new Uint8Array(await file.arrayBuffer())),
    }))
  }
  const onDrop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    take(event.dataTransfer.files[0])
  }
  const showText = () => {
    const field = text.current
    if (field === null || field.value.trim() === '') return
    setHasText(false)
    // Taken out of the field at the moment it is sent: no closure, no cache holds on to it.
    onShow(() => {
      const typed = field.value
      field.value = ''
      return { type: 'text', text: typed }
    })
  }
  return (
    <div className={styles.intake}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the button in it does the same */}
      <section
        className={styles.drop}
        data-over={over}
        aria-label="Credential file"
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={onDrop}
      >
        <IconStethoscope size={28} stroke={1.5} aria-hidden />
        <h2 className={styles.dropTitle}>Show a credential that does not get in</h2>
        <p className="m-muted">
          The server says “Authorization Violation” to everything it does not like. The doctor looks
          at what the server looks at, and says which it is.
        </p>
        <FileButton onChange={take}>
          {(button) => (
            <Button {...button} leftSection={<IconFileUpload size={16} />}>
              Choose a file…
            </Button>
          )}
        </FileButton>
        <p className={styles.hint}>or drop a .creds or .creds.json file here</p>
      </section>
      {complaint !== null && <Notice tone="warn" urgent title={complaint} />}
      <form
        className={styles.paste}
        onSubmit={(event) => {
          event.preventDefault()
          showText()
        }}
      >
        <Textarea
          ref={text}
          label="Or paste its text"
          description="A whole file, or a JWT alone."
          rows={5}
          maxLength={MAX_BYTES}
          spellCheck={false}
          autoComplete="off"
          classNames={{ input: 'm-mono' }}
          styles={{ input: { WebkitTextSecurity: 'disc' } }}
          onChange={(event) => setHasText(event.currentTarget.value.trim() !== '')}
        />
        <Button type="submit" variant="default" disabled={!hasText}>
          Look at it
        </Button>
      </form>
      <p className={styles.hint}>
        Nothing is sent anywhere. What it holds of a private seed stays in Muster for as long as
        this page shows it, ten minutes at most, and is written down nowhere. To look at one that
        Muster issued, open it under Credentials and choose Diagnose.
      </p>
    </div>
  )
}

function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
