import type { Finding } from '#shared/contract/doctor.ts'
import { MusterError, toMusterError } from '#shared/errors.ts'
import { explainConnectionError } from '../mesh/connection-error.ts'
import { findingsOf } from './finding.ts'
import { RawNats, type RawTarget } from './raw-nats.ts'

const address = findingsOf('address')

/** How long one address may take. */
const REACH_TIMEOUT_MS = 5_000

/** Addresses that are tried; a cluster of more is known by its first ones. */
const MAX_ADDRESSES = 8

/** Where to look, and by which authority its certificate is judged. */
export interface Addresses {
  readonly urls: readonly string[]
  readonly caPem: string | null
}

const PORTS: Readonly<Record<string, number>> = {
  'nats:': 4222,
  'tls:': 4222,
  'ws:': 80,
  'wss:': 443,
}

/** A URL as it is dialled; undefined where it is none that NATS knows. */
export function targetOf(url: string, caPem: string | null): RawTarget | undefined {
  try {
    // Python's client takes an address without a scheme.
    const parsed = new URL(/^[a-z]+:\/\//iu.test(url) ? url : `nats://${url}`)
    const usual = PORTS[parsed.protocol]
    if (usual === undefined || parsed.hostname === '') return undefined
    return {
      host: parsed.hostname.replaceAll(/^\[|\]$/gu, ''),
      port: parsed.port === '' ? usual : Number(parsed.port),
      tls: parsed.protocol === 'tls:' || parsed.protocol === 'wss:',
      webSocket: parsed.protocol.startsWith('ws'),
      caPem,
    }
  } catch {
    return undefined
  }
}

/** What shows of the addresses without contacting them. */
export function addressFindings({ urls, caPem }: Addresses, own: readonly string[]): Finding[] {
  if (urls.length === 0) {
    return [
      address.fine({
        code: 'ADDRESS_NONE',
        title: 'It names no address',
        meaning: 'A .creds file never does: the device has to know the server from elsewhere.',
      }),
    ]
  }
  const found: Finding[] = []
  const targets = urls.map((url) => ({ url: shown(url), target: targetOf(url, caPem) }))
  for (const { url, target } of targets) {
    if (target !== undefined) continue
    found.push(
      address.refused({
        code: 'ADDRESS_MALFORMED',
        title: `“${url}” is no address of a NATS server`,
        meaning: 'It takes nats://, tls://, ws:// or wss://, a host and a port.',
        advice: 'Issue the credential anew from a mesh that is set up.',
      }),
    )
  }
  const hosts = targets.flatMap(({ target }) => target?.host ?? [])
  if (hosts.length > 0 && hosts.every((host) => /^(?:localhost|127\.|::1$)/u.test(host))) {
    found.push(
      address.warning({
        code: 'ADDRESS_LOOPBACK',
        title: 'It leads to the very computer it is used on',
        meaning: `${hosts[0]} is always the machine that connects. A device elsewhere finds no server there.`,
        advice: 'Open the mesh to a network address (Settings, Mesh), then issue it anew.',
      }),
    )
  }
  const ours = new Set(own.map(placeOf))
  if (own.length > 0 && !urls.some((url) => ours.has(placeOf(url)))) {
    found.push(
      address.warning({
        code: 'ADDRESS_OF_OTHER_MESH',
        title: 'Its addresses are not those of the mesh in use',
        meaning: `It leads to ${urls.map(shown).join(', ')}, and this mesh is at ${own.join(', ')}.`,
        advice: 'Issue it anew if the mesh has moved. Otherwise it is of another deployment.',
      }),
    )
  }
  if (found.length === 0) {
    found.push(
      address.fine({
        code: 'ADDRESS_OF_MESH',
        title: 'It leads to a known address',
        meaning: urls.map(shown).join(', '),
      }),
    )
  }
  return found
}

/** Connects to each address, reads the greeting, turns TLS on where it is asked for, and leaves. */
export async function reachFindings(
  { urls, caPem }: Addresses,
  signal: AbortSignal,
): Promise<Finding[]> {
  return Promise.all(
    urls.slice(0, MAX_ADDRESSES).map(async (url) => {
      const target = targetOf(url, caPem)
      if (target === undefined) return unreachable(url, undefined)
      try {
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(REACH_TIMEOUT_MS)])
        const raw = await RawNats.open(target, deadline)
        raw.close()
        const { version, server_name: name } = raw.info
        const how = raw.encrypted ? 'by TLS, with a certificate that holds' : 'in the clear'
        return address.fine({
          code: 'ADDRESS_REACHED',
          title: `A NATS server answers at ${shown(url)}`,
          meaning: `${name === '' ? 'nats-server' : name}, version ${version}, ${how}.`,
        })
      } catch (thrown) {
        signal.throwIfAborted()
        return unreachable(url, thrown)
      }
    }),
  )
}

function unreachable(url: string, thrown: unknown): Finding {
  const error = explained(thrown, url)
  return address.refused({
    code: error.code,
    title: `${shown(url)} can not be used`,
    meaning: error.message,
    advice: error.advice,
  })
}

/** What went wrong on the way to a server, in words. */
export function explained(thrown: unknown, url: string): MusterError {
  if (thrown instanceof MusterError) return thrown
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') {
    return explainConnectionError(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }), [url])
  }
  return thrown === undefined ? toMusterError(thrown) : explainConnectionError(thrown, [url])
}

/** Host and port, by which two addresses are the same. */
function placeOf(url: string): string {
  const target = targetOf(url, null)
  return target === undefined ? url : `${target.host}:${target.port}`
}

/** Without user and password, and no longer than fits. */
function shown(url: string): string {
  return url.replace(/\/\/[^/@]*@/u, '//').slice(0, 200)
}
