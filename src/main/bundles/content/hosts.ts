import type { BundleKind, HostCandidate, HostCheck } from '#shared/contract/bundles.ts'
import { messageOf, MusterError } from '#shared/errors.ts'
import { targetOf } from '../../doctor/address-findings.ts'
import { RawNats } from '../../doctor/raw-nats.ts'
import { urlHost } from '../../mesh/network-addresses.ts'
import { loopbackUrl, urlInvalid } from '../bundle-errors.ts'

/** How long an address may take to greet. */
const REACH_TIMEOUT_MS = 4_000
/** Where servers take leaf nodes unless told otherwise. */
const LEAF_PORT = 7422

const LOOPBACK =
  /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|::1|::ffff:127\..*|0\.0\.0\.0|::)$/iu

/** What is known of where the mesh is. */
export interface KnownPlaces {
  /** Addresses that stand in issued credentials. */
  readonly urls: readonly string[]
  /** Addresses of this computer, where the mesh runs on it; none where it does not. */
  readonly own: readonly string[]
}

/** Addresses that the receiving side may reach, the most likely first. Editable: only the site knows. */
export function hostCandidates({ urls, own }: KnownPlaces, kind: BundleKind): HostCandidate[] {
  const found = new Map<string, HostCandidate>()
  const add = (url: string, from: HostCandidate['from']) => {
    const wanted = kind === 'leaf-node' ? leafUrl(url) : url
    if (wanted === undefined || found.has(wanted)) return
    found.set(wanted, {
      url: wanted,
      from: kind === 'leaf-node' ? 'leaf-node' : from,
      loopback: isLoopbackUrl(wanted),
    })
  }
  for (const url of urls) add(url, 'mesh')
  const [first] = urls
  if (first !== undefined) for (const address of own) add(withHost(first, address), 'network')
  return [...found.values()].toSorted((one, other) => Number(one.loopback) - Number(other.loopback))
}

/** Whether an address leads to whichever computer it is used on. */
export function isLoopbackUrl(url: string): boolean {
  const host = dialled(url, null)?.host
  return host !== undefined && isLoopbackHost(host)
}

/** Whether a name or address means whichever computer it is used on. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.test(host)
}

/**
 * Checks what is to stand in credentials.
 * @throws RejectedError `URL_INVALID`, `BUNDLE_LOOPBACK`.
 */
export function requireUrls(urls: readonly string[], allowLoopback: boolean): void {
  for (const url of urls) {
    if (!isMeshUrl(url)) throw urlInvalid(url)
    if (!allowLoopback && isLoopbackUrl(url)) throw loopbackUrl(url)
  }
}

/** Whether a NATS server greets at an address, seen from this computer. */
export async function checkHost(
  url: string,
  caPem: string | null,
  signal: AbortSignal,
): Promise<HostCheck> {
  const target = isMeshUrl(url) ? dialled(url, caPem) : undefined
  if (target === undefined) {
    return {
      url,
      state: 'invalid',
      message: 'Not an address: nats://HOST:4222, tls://HOST:4222, ws:// or wss://.',
    }
  }
  const late = AbortSignal.any([signal, AbortSignal.timeout(REACH_TIMEOUT_MS)])
  try {
    const connection = await RawNats.open(target, late)
    const { version } = connection.info
    connection.close()
    return isLoopbackUrl(url)
      ? {
          url,
          state: 'loopback',
          message: 'Answers here, and means “this computer” wherever it is used.',
        }
      : { url, state: 'reached', message: `nats-server ${version} answers from this computer.` }
  } catch (error) {
    if (error instanceof MusterError) return { url, state: 'not-nats', message: error.message }
    const why = late.aborted
      ? `nothing answered within ${REACH_TIMEOUT_MS / 1000} s`
      : messageOf(error)
    return {
      url,
      state: 'unreachable',
      message: `Not reached from this computer: ${why}. It may still be right where the bundle goes.`,
    }
  }
}

/** Leaf nodes have a scheme of their own, and are greeted like clients. */
function dialled(url: string, caPem: string | null) {
  return targetOf(url.replace(/^nats-leaf:/iu, 'nats:'), caPem)
}

/** Addresses without a user name, which would stand in every credential. */
function isMeshUrl(text: string): boolean {
  if (!/^(?:nats|tls|ws|wss|nats-leaf):\/\//iu.test(text) || !URL.canParse(text)) return false
  const { username, password, hostname } = new URL(text)
  return username === '' && password === '' && hostname !== '' && !/[\s,"'\\]/u.test(text)
}

function withHost(url: string, address: string): string {
  return url.replace(
    /^([a-z]+:\/\/)(\[[^\]]*\]|[^:/]+)/iu,
    (_whole, scheme: string) => scheme + urlHost(address),
  )
}

function leafUrl(url: string): string | undefined {
  const target = targetOf(url, null)
  if (target === undefined || target.webSocket === true) return undefined
  return `${target.tls ? 'tls' : 'nats-leaf'}://${urlHost(target.host)}:${LEAF_PORT}`
}
