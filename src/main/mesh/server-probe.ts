import { connect } from 'node:net'
import { pause } from './waiting.ts'

const POLL_MS = 10
const PROBE_TIMEOUT_MS = 1_000
const MAX_INFO_CHARS = 64 * 1024

/**
 * Resolves once the server of this name accepts clients. The name tells it from any other server
 * that may sit on the port.
 */
export async function untilServerAnswers(
  host: string,
  port: number,
  serverName: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if ((await serverNameAt(host, port)) === serverName) return
    await pause(POLL_MS, signal)
  }
  throw signal.reason
}

/** The name in the INFO line that a NATS server greets every client with, before TLS too. */
function serverNameAt(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let text = ''
    const end = (name?: string) => {
      socket.destroy()
      resolve(name)
    }
    socket.setTimeout(PROBE_TIMEOUT_MS, () => end())
    socket.once('error', () => end())
    socket.once('close', () => end())
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (text.includes('\r\n')) end(nameIn(text))
      else if (text.length > MAX_INFO_CHARS) end()
    })
  })
}

function nameIn(line: string): string | undefined {
  try {
    const info: unknown = JSON.parse(/^INFO (\{.*\})/u.exec(line)?.[1] ?? '')
    if (typeof info !== 'object' || info === null || !('server_name' in info)) return undefined
    return typeof info.server_name === 'string' ? info.server_name : undefined
  } catch {
    return undefined
  }
}
