import { nscServiceOn, type NscStoreParts } from '../../src/main/app/nsc.ts'
import type { NscService } from '../../src/main/nsc/nsc-service.ts'
import { noAudit } from './no-audit.ts'

type TestedParts = Pick<NscStoreParts, 'authority' | 'database' | 'keychain'> &
  Partial<Pick<NscStoreParts, 'audit'>>

/** The app's import and export of stores, which looks at nothing of this computer but `home`. */
export function testedNscService(
  parts: TestedParts & {
    readonly home: string
    /** Tells profiles on one keychain apart. */
    readonly place?: string
  },
): NscService {
  const { home, place, audit = noAudit, ...rest } = parts
  return nscServiceOn({
    ...rest,
    audit,
    environment: { home, variables: {} },
    ...(place === undefined ? {} : { profileFolder: place }),
  })
}
