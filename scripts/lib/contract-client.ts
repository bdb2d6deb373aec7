import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { WebSocket } from 'ws'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '#shared/contract/index.ts'

/** A client of everything that crosses from the renderer to main. */
export type Client = ContractRouterClient<Contract>

/** Exchanges a one-time URL of the browser host for its session cookie, `name=value`. */
export async function signIn(url: string): Promise<string> {
  const { origin, hash } = new URL(url)
  const answer = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ token: hash.replace('#token=', '') }),
  })
  if (answer.status !== 204) throw new Error(`The link was refused with ${answer.status}.`)
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

/**
 * A client of the contract through the browser host, as its window is one. `onFrame` gets every frame
 * that comes, as it came.
 */
export async function connectClient(
  url: string,
  onFrame: (frame: Buffer) => void = () => undefined,
): Promise<{ client: Client; close(): void }> {
  const cookie = await signIn(url)
  const { origin, host } = new URL(url)
  const socket = new WebSocket(`ws://${host}/rpc`, { origin, headers: { cookie } })
  socket.on('message', (data) => onFrame(Buffer.from(data as Buffer)))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
  })
  const client: Client = createORPCClient(
    new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }),
  )
  return { client, close: () => socket.terminate() }
}
