import { useRef, useState } from 'react'
import { Button, Textarea, TextInput } from '@mantine/core'
import { StrictName } from '#shared/contract/common.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SecretFileField } from '../../../ui/secret-file-field.tsx'
import { useAddRemote } from '../api/add-remote.ts'
import { useUseMesh } from '../api/use-mesh.ts'
import { urlComplaint, urlsOf } from '../remote-urls.ts'
import { DialectSelect } from './local-mesh-form.tsx'
import styles from './mesh.module.css'

const MAX_CREDENTIALS_BYTES = 64_000
const MAX_CA_BYTES = 256_000

interface RemoteMeshFormProps {
  readonly onBack: () => void
  readonly onDone: () => void
  readonly backLabel?: string
}

/** Saves a connection to a mesh that runs elsewhere and switches to it. */
export function RemoteMeshForm({ onBack, onDone, backLabel = 'Back' }: RemoteMeshFormProps) {
  const [name, setName] = useState('')
  const [urls, setUrls] = useState('')
  const [tenant, setTenant] = useState('default')
  const [dialect, setDialect] = useState<DialectName>('device-connect')
  const [complaints, setComplaints] = useState<Complaints>({})
  const credentials = useRef('')
  const ca = useRef('')
  const add = useAddRemote(() => ({
    name: name.trim(),
    dialect,
    urls: urlsOf(urls),
    tenant,
    credentials: credentials.current,
    caPem: ca.current.trim() === '' ? null : ca.current,
  }))
  const use = useUseMesh()
  // Saved already, and only the switch to it failed: the next attempt must not save it twice.
  const savedId = useRef<string | null>(null)
  const busy = add.isPending || use.isPending
  const switchTo = (id: string) => use.mutate({ id }, { onSuccess: onDone })
  const submit = () => {
    if (savedId.current !== null) return switchTo(savedId.current)
    const found = complaintsAbout({ name, urls, tenant, credentials: credentials.current })
    setComplaints(found)
    if (Object.keys(found).length > 0) return
    add.mutate(undefined, {
      onSuccess: ({ id }) => {
        credentials.current = ''
        ca.current = ''
        savedId.current = id
        switchTo(id)
      },
    })
  }
  const error = add.error ?? use.error
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <TextInput
        label="Name"
        description="What you call this mesh."
        placeholder="Plant 2"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={complaints.name}
        maxLength={64}
      />
      <Textarea
        label="Addresses"
        description="One URL in each line: nats://, tls://, ws:// or wss://."
        placeholder="tls://nats.example.org:4222"
        rows={2}
        spellCheck={false}
        value={urls}
        onChange={(event) => setUrls(event.currentTarget.value)}
        error={complaints.urls}
      />
      <div className={styles.pair}>
        <TextInput
          label="Tenant"
          description="The one that the credentials are for."
          value={tenant}
          onChange={(event) => setTenant(event.currentTarget.value)}
          error={complaints.tenant}
          maxLength={64}
        />
        <DialectSelect value={dialect} onChange={setDialect} />
      </div>
      <SecretFileField
        label="Credentials"
        description="A .creds or .creds.json file. It goes to the keychain and is not shown again."
        accept=".creds,.json"
        maxBytes={MAX_CREDENTIALS_BYTES}
        textRef={credentials}
        error={complaints.credentials ?? null}
        secret
      />
      <SecretFileField
        label="Certificate authority (optional)"
        description="A PEM file, where the servers use certificates that this computer does not know."
        accept=".pem,.crt,.cer"
        maxBytes={MAX_CA_BYTES}
        textRef={ca}
        error={null}
        secret={false}
      />
      {error !== null && <ProblemNotice problem={problemOf(error)} />}
      <div className={styles.buttons}>
        <Button variant="subtle" color="gray" size="md" onClick={onBack} disabled={busy}>
          {backLabel}
        </Button>
        <Button type="submit" size="md" loading={busy}>
          Connect
        </Button>
      </div>
    </form>
  )
}

interface Complaints {
  name?: string
  urls?: string
  tenant?: string
  credentials?: string
}

interface Fields {
  readonly name: string
  readonly urls: string
  readonly tenant: string
  readonly credentials: string
}

function complaintsAbout({ name, urls, tenant, credentials }: Fields): Complaints {
  const found: Complaints = {}
  if (name.trim() === '') found.name = 'Give the connection a name.'
  const url = urlComplaint(urlsOf(urls))
  if (url !== null) found.urls = url
  const tenantProblem = StrictName.safeParse(tenant).error?.issues[0]?.message
  if (tenantProblem !== undefined) found.tenant = tenantProblem
  if (credentials.trim() === '') found.credentials = 'Choose the credentials file or paste it.'
  return found
}
