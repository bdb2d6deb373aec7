// Writes a configuration that does not fit the small disk at argv[2], and tells what became of the old one.
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createNkey } from '../../../../src/main/authority/nkey.ts'
import { GeneratedConfigFile } from '../../../../src/main/mesh/generated-config.ts'
import { explainFileError } from '../../../../src/main/mesh/mesh-files.ts'

const folder = process.argv[2] ?? ''
const file = new GeneratedConfigFile(join(folder, 'nats.conf'))
const { publicKey } = createNkey('account')
const config = (jwt: string) => ({
  resolver: 'memory' as const,
  operatorJwt: 'eyJ',
  systemAccount: publicKey,
  preload: new Map([[publicKey, { name: 'SYS', jwt }]]),
})
await file.write(config('eyJsmall'))
const before = await readFile(file.path, 'utf8')
const error = await file.write(config('e'.repeat(200_000))).catch((thrown: unknown) => thrown)
const told = explainFileError(error, folder)
const code = told instanceof Error && 'code' in told ? String(told.code) : 'no error'
const kept = (await readFile(file.path, 'utf8')) === before && (await readdir(folder)).length === 1
process.stdout.write(`${code} ${kept ? 'kept' : 'lost'}\n`)
