import type { TenantLimits } from '#shared/contract/tenants.ts'
import { BYTE_STEP as STEP, bytesText } from '../../lib/bytes-text.ts'

/** Bytes as somebody types them: `64 KiB`, `64k`, `65536`. Undefined where they are none. */
export function bytesOf(text: string): number | undefined {
  const match = /^\s*(\d+(?:[.,]\d+)?)\s*([kmgt]?)(?:i?b)?\s*$/iu.exec(text)
  if (match === null) return undefined
  const factor = STEP ** ['', 'k', 'm', 'g', 't'].indexOf((match[2] ?? '').toLowerCase())
  const bytes = Math.round(Number((match[1] ?? '').replace(',', '.')) * factor)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** What limits an account, in a few words: `500 connections, 64 KiB messages`. */
export function limitsText(limits: TenantLimits): string {
  const { connections, subscriptions, payloadBytes, dataBytes, jetStream } = limits
  const parts = [
    connections === null ? '' : `${connections.toLocaleString('en')} connections`,
    subscriptions === null ? '' : `${subscriptions.toLocaleString('en')} subscriptions`,
    payloadBytes === null ? '' : `${bytesText(payloadBytes)} messages`,
    dataBytes === null ? '' : `${bytesText(dataBytes)} data`,
    jetStream === null ? 'no JetStream' : '',
    ...(jetStream === null ? [] : storageParts(jetStream)),
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'None' : parts.join(', ')
}

function storageParts({
  diskBytes,
  streams,
}: NonNullable<TenantLimits['jetStream']>): readonly string[] {
  return [
    diskBytes === null ? '' : `${bytesText(diskBytes)} on disk`,
    streams === null ? '' : `${streams} streams`,
  ]
}
