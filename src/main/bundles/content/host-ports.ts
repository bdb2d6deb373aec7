import { targetOf } from '../../doctor/address-findings.ts'

/** `HOST:PORT` of each address, for scripts; what is no address is left out. */
export function hostPorts(urls: readonly string[]): string[] {
  return urls.flatMap((url) => {
    const target = targetOf(url.replace(/^nats-leaf:/iu, 'nats:'), null)
    return target === undefined ? [] : `${target.host}:${target.port}`
  })
}
