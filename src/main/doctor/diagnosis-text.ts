import { CHECK_AREAS } from '#shared/check-areas.ts'
import type { Diagnosis, Finding } from '#shared/contract/doctor.ts'
import { redact } from '../log/redact.ts'

const MARKS: Readonly<Record<Finding['severity'], string>> = {
  refused: 'REFUSED',
  warning: 'WARNING',
  fine: 'fine',
  unknown: 'not checked',
}

/** The diagnosis to hand on: public keys only, no JWT, no seed. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const { facts, findings, permissions, clock, at } = diagnosis
  const lines = ['Muster access doctor', at, '']
  const fact = (name: string, value: string | null) => {
    if (value !== null && value !== '') lines.push(`${name}: ${value}`)
  }
  fact('Name', facts.name)
  fact('User', facts.user)
  fact('Account', facts.account)
  fact('Signed by', facts.issuer)
  fact('Tenant', facts.tenant)
  fact('Device', facts.deviceId)
  fact('Issued', facts.issuedAt)
  fact('Good from', facts.notBefore)
  fact('Good until', facts.expiresAt)
  fact('Addresses', facts.urls.join(', '))
  if (clock !== null) {
    const { offsetMs, uncertaintyMs } = clock
    const rounded = (value: number) => String(Math.round(value))
    fact(
      'Server clock',
      `${rounded(offsetMs)} ms ahead (give or take ${rounded(uncertaintyMs)} ms)`,
    )
  }
  if (permissions !== null) {
    lines.push('', `Permissions (${permissions.from})`)
    for (const [verb, { allow, deny }] of [
      ['publish', permissions.pub],
      ['subscribe', permissions.sub],
    ] as const) {
      fact(`  may ${verb}`, allow === null ? 'no list' : allow.join(', ') || 'empty list')
      fact(`  may not ${verb}`, deny.join(', '))
    }
  }
  lines.push('')
  for (const { area, severity, code, title, meaning, advice } of findings) {
    lines.push(`[${MARKS[severity]}] ${CHECK_AREAS[area]}: ${title} (${code})`)
    lines.push(`  ${meaning}`)
    if (advice !== '') lines.push(`  ${advice}`)
  }
  // A net under the rule that nothing here is secret: names and addresses came from outside.
  return `${redact(lines.join('\n'))}\n`
}
