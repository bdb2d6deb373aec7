import type { CredentialFacts, Diagnosis, Finding } from '#shared/contract/doctor.ts'
import { accountFinding } from './account-finding.ts'
import { addressFindings } from './address-findings.ts'
import { conditionFindings, dateFindings, signatureFindings } from './claims-findings.ts'
import { effectivePermissions, permissionFindings } from './effective-permissions.ts'
import { fileFindings, seedFindings } from './file-findings.ts'
import { limitFindings } from './limit-findings.ts'
import { lookAround, type Surroundings } from './look-around.ts'
import type { LooseClaims, ReadJwt } from './read-claims.ts'
import type { ReadCredential } from './read-credential.ts'
import { revocationFinding } from './revocation-finding.ts'
import { signerFinding } from './signer-finding.ts'
import { renewOf } from './world.ts'

/** A credential that somebody brought, taken apart. `jwt` and `seed` are secrets. */
export interface Patient {
  /** The file or text; null for a row of the ledger. */
  readonly read: ReadCredential | null
  readonly jwtState: ReadJwt | null
  /** Null where there is no JWT that can be read. */
  readonly claims: LooseClaims | null
  readonly jwt: string | null
  readonly seed: string | null
  readonly user: string | null
  readonly urls: readonly string[]
  readonly caPem: string | null
  readonly facts: CredentialFacts
}

/**
 * Looks at everything that a server looks at, in its order. All is said, not only the first that is
 * wrong: one that was revoked and has expired since needs more than a renewal of either.
 */
export async function diagnose(
  patient: Patient,
  surroundings: Surroundings,
  deviceUrls: readonly string[],
  signal: AbortSignal,
): Promise<Omit<Diagnosis, 'id' | 'at'>> {
  const { read, jwtState, claims, facts, user } = patient
  const findings: Finding[] = [
    ...(read === null ? [] : fileFindings(read)),
    ...(jwtState === null ? [] : signatureFindings(jwtState)),
    ...(read === null ? [] : seedFindings(read, claims?.sub ?? null)),
  ]
  const isUser = claims !== null && !findings.some(({ code }) => code === 'JWT_NOT_OF_A_USER')
  if (!isUser) return { facts, findings, permissions: null, clock: null }
  const world = await lookAround(surroundings, { account: facts.account, user }, signal)
  const permissions = effectivePermissions(claims, world)
  const addresses = { urls: patient.urls, caPem: patient.caPem }
  findings.push(
    ...dateFindings(claims, world, renewOf(world)),
    accountFinding(facts.account, world),
    signerFinding(claims, facts.account, world),
    revocationFinding(claims, world),
    ...limitFindings(claims, world),
    ...permissionFindings(permissions),
    ...conditionFindings(claims, patient.urls),
    ...(read === null ? [] : addressFindings(addresses, deviceUrls)),
  )
  const tenant = facts.tenant ?? world.recorded?.tenant ?? null
  return { facts: { ...facts, tenant }, findings, permissions, clock: world.clock }
}
