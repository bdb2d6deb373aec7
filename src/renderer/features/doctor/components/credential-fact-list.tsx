import type { Diagnosis, EffectivePermissions } from '#shared/contract/doctor.ts'
import { absoluteTime } from '../../../lib/time/format.ts'
import { CopyIcon } from '../../../ui/copy-button.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Fact, Facts } from '../../../ui/facts.tsx'

const FORMATS: Readonly<Record<Diagnosis['facts']['format'], string>> = {
  creds: '.creds',
  'creds.json': '.creds.json',
  jwt: 'JWT',
  seed: 'Seed alone',
  ledger: 'Row of the ledger',
  unknown: 'Unknown',
}

/** Who it is for and what it allows. Public parts only. */
export function CredentialFactList({ diagnosis }: { diagnosis: Diagnosis }) {
  const { facts, permissions, clock } = diagnosis
  return (
    <Facts>
      <Fact name="Read as">{FORMATS[facts.format]}</Fact>
      <Fact name="Name">{textOrNull(facts.name)}</Fact>
      <Fact name="Device">{textOrNull(facts.deviceId)}</Fact>
      <Fact name="Tenant">{textOrNull(facts.tenant)}</Fact>
      <Fact name="User">{keyOrNull(facts.user, 'user key')}</Fact>
      <Fact name="Account">{keyOrNull(facts.account, 'account key')}</Fact>
      <Fact name="Signed by">{keyOrNull(facts.issuer, 'signing key')}</Fact>
      <Fact name="Issued">{timeOrNull(facts.issuedAt)}</Fact>
      <Fact name="Good from">{timeOrNull(facts.notBefore)}</Fact>
      <Fact name="Good until">{timeOrNull(facts.expiresAt)}</Fact>
      <Fact name="Addresses">
        {facts.urls.length === 0 ? null : <DeviceText text={facts.urls.join(', ')} wrap />}
      </Fact>
      <Fact name="Server’s clock">
        {clock === null
          ? null
          : `${offsetText(clock.offsetMs)}, give or take ${Math.ceil(clock.uncertaintyMs)} ms`}
      </Fact>
      {permissions !== null && permissions.from !== 'none' && (
        <>
          <Fact name="May publish">{listText(permissions.pub)}</Fact>
          <Fact name="May hear">{listText(permissions.sub)}</Fact>
        </>
      )}
    </Facts>
  )
}

function listText({ allow, deny }: EffectivePermissions['pub']) {
  const allowed = allow === null || allow.length === 0 ? 'everything' : allow.join(', ')
  const text = deny.length === 0 ? allowed : `${allowed}; not ${deny.join(', ')}`
  return <DeviceText text={text} wrap />
}

function offsetText(offsetMs: number): string {
  const rounded = Math.round(Math.abs(offsetMs))
  const amount = rounded < 1_000 ? `${rounded} ms` : `${(rounded / 1_000).toFixed(1)} s`
  return `${amount} ${offsetMs >= 0 ? 'ahead' : 'behind'}`
}

function textOrNull(text: string | null) {
  return text === null || text === '' ? null : <DeviceText text={text} wrap />
}

function timeOrNull(at: string | null) {
  return at === null ? null : absoluteTime(Date.parse(at))
}

function keyOrNull(key: string | null, what: string) {
  if (key === null || key === '') return null
  const short = key.length <= 14 ? key : `${key.slice(0, 8)}…${key.slice(-4)}`
  return (
    <>
      <span className="m-mono" title={key}>
        {short}
      </span>{' '}
      <CopyIcon text={key} what={what} />
    </>
  )
}
