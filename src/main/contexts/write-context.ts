import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConflictError } from '#shared/errors.ts'
import { writeFileAtomic } from '../files/atomic-write.ts'
import { contextPaths, expandPath, readFields, type ContextEnvironment } from './context-file.ts'

/** What a context is to say. `files` are written beside it, owner-only. Secret. */
export interface ContextToWrite {
  readonly name: string
  readonly description: string
  readonly urls: readonly string[]
  /** Fields of the login that stand in the context itself. */
  readonly fields: Readonly<Record<string, string>>
  readonly credentials: { readonly extension: 'creds' | 'nk'; readonly text: string } | null
  readonly caPem: string | null
  readonly certificate: { readonly certificatePem: string; readonly keyPem: string } | null
}

/** Fields by which a context logs in; those that are not set anew are emptied, for one would win over another. */
const LOGIN_FIELDS = [
  'user',
  'password',
  'token',
  'creds',
  'nkey',
  'nsc',
  'cert',
  'key',
  'ca',
  'inbox_prefix',
]

/**
 * Writes a context of the nats CLI with the files it names. One that Muster wrote before is written anew;
 * every field that is not about address or login stays as it is.
 * @throws ConflictError `CONTEXT_EXISTS` for one that somebody else made; the file system's error.
 */
export async function writeContext(
  context: ContextToWrite,
  environment: ContextEnvironment,
): Promise<{ readonly path: string; readonly credentialsPath: string }> {
  const { folder, ours } = contextPaths(environment)
  const path = join(folder, `${context.name}.json`)
  const present = await presentFields(path)
  if (present !== undefined && !isOurs(present, ours, environment))
    throw contextExists(context.name)
  await mkdir(ours, { recursive: true, mode: 0o700 })
  const place = (extension: string) => join(ours, `${context.name}.${extension}`)
  const named: Record<string, string> = {}
  const add = async (field: string, extension: string, text: string) => {
    await writeFileAtomic(place(extension), text)
    named[field] = place(extension)
  }
  const { credentials, caPem, certificate } = context
  if (credentials !== null) {
    await add(
      credentials.extension === 'creds' ? 'creds' : 'nkey',
      credentials.extension,
      credentials.text,
    )
  }
  if (caPem !== null) await add('ca', 'ca.pem', caPem)
  if (certificate !== null) {
    await add('cert', 'cert.pem', certificate.certificatePem)
    await add('key', 'key.pem', certificate.keyPem)
  }
  const emptied = Object.fromEntries(
    LOGIN_FIELDS.filter((field) => present !== undefined && field in present).map((field) => [
      field,
      '',
    ]),
  )
  const fields = {
    ...present,
    ...emptied,
    description: context.description,
    url: context.urls.join(','),
    ...named,
    ...context.fields,
    // Known by it when it is written anew, also where it names no file.
    muster: ours,
  }
  await writeFileAtomic(path, `${JSON.stringify(fields, null, 2)}\n`)
  return { path, credentialsPath: named['creds'] ?? named['nkey'] ?? path }
}

async function presentFields(path: string): Promise<Record<string, unknown> | undefined> {
  const fields = await readFields(path)
  if (fields !== undefined) return fields.raw
  // One that can't be understood is somebody's, too.
  const there = await readFile(path, 'utf8').then(
    () => true,
    () => false,
  )
  return there ? {} : undefined
}

function isOurs(
  fields: Readonly<Record<string, unknown>>,
  ours: string,
  environment: ContextEnvironment,
): boolean {
  if (fields['muster'] === ours) return true
  const { creds } = fields
  return (
    typeof creds === 'string' && creds !== '' && expandPath(creds, environment).startsWith(ours)
  )
}

function contextExists(name: string): ConflictError {
  return new ConflictError({
    code: 'CONTEXT_EXISTS',
    message: `There is a context ${name} already, and Muster did not write it. It stays as it is.`,
    advice: 'Choose another name.',
  })
}
