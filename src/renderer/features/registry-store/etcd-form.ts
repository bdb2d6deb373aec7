import {
  EtcdEndpoint,
  type EtcdAccess,
  type RegistryStore,
} from '#shared/contract/registry-store.ts'

const MAX_ENDPOINTS = 16

/** What is shown of the form; what is secret stands in `EtcdSecrets` only. */
export interface EtcdFields {
  readonly endpoints: string
  readonly user: string
  readonly keepsCa: boolean
  readonly keepsCertificate: boolean
  readonly keepsPassword: boolean
}

/** Read at the moment of use, and no state of the page. */
export interface EtcdSecrets {
  readonly ca: string
  readonly certificate: string
  readonly key: string
  readonly password: string
}

export type EtcdComplaints = Partial<Record<'endpoints' | 'certificate' | 'password', string>>

/** The form as it begins: with the etcd that was used last. */
export function fieldsOf(saved: RegistryStore['etcd']): EtcdFields {
  return {
    endpoints: saved?.endpoints.join('\n') ?? '',
    user: saved?.user ?? '',
    keepsCa: saved?.hasCa ?? false,
    keepsCertificate: saved?.hasClientCertificate ?? false,
    keepsPassword: saved?.hasPassword ?? false,
  }
}

/** One in each line or set apart by commas; etcdctl takes them with a slash at the end. */
export function endpointsOf(text: string): string[] {
  return text
    .split(/[\s,]+/u)
    .map((endpoint) => endpoint.replace(/\/+$/u, ''))
    .filter((endpoint) => endpoint !== '')
}

/** Whether any of the endpoints takes TLS. */
export function isSecure({ endpoints }: Pick<EtcdFields, 'endpoints'>): boolean {
  return endpointsOf(endpoints).some((endpoint) => endpoint.startsWith('https:'))
}

/** What is wrong with what was filled in, by field. */
export function complaintsAbout(fields: EtcdFields, secrets: EtcdSecrets): EtcdComplaints {
  const found: EtcdComplaints = {}
  const endpoints = endpointsOf(fields.endpoints)
  const wrong = endpoints.find((endpoint) => !EtcdEndpoint.safeParse(endpoint).success)
  if (endpoints.length === 0) found.endpoints = 'Give at least one endpoint.'
  else if (endpoints.length > MAX_ENDPOINTS) found.endpoints = `Give at most ${MAX_ENDPOINTS}.`
  else if (wrong !== undefined) {
    found.endpoints = `${wrong} is not an endpoint like https://etcd-1.example:2379.`
  }
  const given = [secrets.certificate, secrets.key].filter((text) => text.trim() !== '').length
  if (!fields.keepsCertificate && given === 1) {
    found.certificate = 'Certificate and key go together: give both, or none.'
  }
  if (fields.user !== '' && !fields.keepsPassword && secrets.password === '') {
    found.password = 'Give the password of this user.'
  }
  return found
}

/** What main is asked to try or to use. */
export function accessOf(fields: EtcdFields, secrets: EtcdSecrets): EtcdAccess {
  const none = { kind: 'none' } as const
  const keep = { kind: 'keep' } as const
  const { ca, certificate: certificatePem, key: keyPem, password } = secrets
  const secure = isSecure(fields)
  const given = <T>(keeps: boolean, text: string, value: T) => {
    if (keeps) return keep
    return text.trim() === '' ? none : ({ kind: 'new', value } as const)
  }
  return {
    endpoints: endpointsOf(fields.endpoints),
    ca: secure ? given(fields.keepsCa, ca, ca) : none,
    clientCertificate: secure
      ? given(fields.keepsCertificate, certificatePem, { certificatePem, keyPem })
      : none,
    user: fields.user,
    password: fields.user === '' ? none : given(fields.keepsPassword, password, password),
  }
}
