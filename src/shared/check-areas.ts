import type { CheckArea } from './contract/doctor.ts'

/** What the access doctor looks at, in words: in the window and in what is handed on. */
export const CHECK_AREAS: Readonly<Record<CheckArea, string>> = {
  file: 'File',
  signature: 'Signature',
  seed: 'Seed',
  dates: 'Dates',
  account: 'Account',
  signer: 'Signer',
  revocation: 'Revocation',
  limits: 'Limits',
  permissions: 'Permissions',
  address: 'Address',
  login: 'Login',
}
