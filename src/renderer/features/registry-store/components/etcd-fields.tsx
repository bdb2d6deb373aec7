import type { RefObject } from 'react'
import { Checkbox, PasswordInput, Textarea, TextInput } from '@mantine/core'
import type { RegistryStore } from '#shared/contract/registry-store.ts'
import { SecretFileField } from '../../../ui/secret-file-field.tsx'
import { isSecure, type EtcdComplaints, type EtcdFields as Fields } from '../etcd-form.ts'
import styles from './registry-store.module.css'

const MAX_PEM_BYTES = 256_000
const PEM_FILES = '.pem,.crt,.cer,.key'

/** What is secret, or large, in refs: gone as soon as the form is. */
export interface SecretRefs {
  readonly ca: RefObject<string>
  readonly certificate: RefObject<string>
  readonly key: RefObject<string>
}

interface EtcdFieldsProps {
  readonly fields: Fields
  readonly saved: RegistryStore['etcd']
  readonly secrets: SecretRefs
  readonly complaints: EtcdComplaints
  readonly onChange: (change: Partial<Fields>) => void
  /** What was typed as password. */
  readonly onPassword: (typed: string) => void
}

/** Endpoints, certificates and login of an etcd. */
export function EtcdFields(props: EtcdFieldsProps) {
  const { fields, saved, complaints, onChange, onPassword } = props
  return (
    <>
      <Textarea
        label="Endpoints"
        description="Members of one cluster, one in each line. https:// where they have certificates."
        placeholder="https://etcd-1.plant-7.example:2379"
        rows={3}
        spellCheck={false}
        value={fields.endpoints}
        onChange={(event) => onChange({ endpoints: event.currentTarget.value })}
        error={complaints.endpoints}
      />
      {isSecure(fields) && <TlsFields {...props} />}
      <div className={styles.pair}>
        <TextInput
          label="User"
          description="Empty where this etcd has no logins."
          value={fields.user}
          onChange={(event) => onChange({ user: event.currentTarget.value })}
          maxLength={256}
          autoComplete="off"
        />
        {fields.user !== '' && (
          <PasswordInput
            label="Password"
            description={
              fields.keepsPassword
                ? 'The one in the keychain is kept; type another to replace it.'
                : 'It goes to the keychain and is not shown again.'
            }
            maxLength={1024}
            autoComplete="off"
            onChange={(event) => {
              const typed = event.currentTarget.value
              onPassword(typed)
              onChange({ keepsPassword: typed === '' && saved?.hasPassword === true })
            }}
            error={complaints.password}
          />
        )}
      </div>
    </>
  )
}

function TlsFields({ fields, saved, secrets, complaints, onChange }: EtcdFieldsProps) {
  return (
    <>
      {saved?.hasCa === true && (
        <Checkbox
          label="Keep the certificate authority that was given"
          checked={fields.keepsCa}
          onChange={(event) => onChange({ keepsCa: event.currentTarget.checked })}
        />
      )}
      {!fields.keepsCa && (
        <SecretFileField
          label="Certificate authority (optional)"
          description="A PEM file, where the members use certificates that this computer does not know."
          accept={PEM_FILES}
          maxBytes={MAX_PEM_BYTES}
          textRef={secrets.ca}
          error={null}
          secret={false}
        />
      )}
      {saved?.hasClientCertificate === true && (
        <Checkbox
          label="Keep the client certificate that was given"
          checked={fields.keepsCertificate}
          onChange={(event) => onChange({ keepsCertificate: event.currentTarget.checked })}
        />
      )}
      {!fields.keepsCertificate && (
        <>
          <SecretFileField
            label="Client certificate (optional)"
            description="A PEM file, where etcd asks clients for one."
            accept={PEM_FILES}
            maxBytes={MAX_PEM_BYTES}
            textRef={secrets.certificate}
            error={complaints.certificate ?? null}
            secret={false}
          />
          <SecretFileField
            label="Its private key (optional)"
            description="A PEM file without a passphrase. It goes to the keychain and is not shown again."
            accept={PEM_FILES}
            maxBytes={MAX_PEM_BYTES}
            textRef={secrets.key}
            error={null}
            secret
          />
        </>
      )}
    </>
  )
}
