import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface TcpProxy {
  readonly port: number
  /** From now on nothing passes, in either direction, and nobody is told: a cable that is cut. */
  cut(): void
  /** What was held passes, and what comes. */
  heal(): void
  close(): Promise<void>
}

/**
 * A port of loopback that leads to another, and can be cut.
 * @param port any free one unless told
 */
export async function startTcpProxy(target: number, port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let passes = true
  const track = (socket: Socket) => {
    sockets.add(socket)
    if (!passes) socket.pause()
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
  }
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      track(from)
      from.on('data', (data) => {
        if (!to.write(data)) from.pause()
      })
      to.on('drain', () => void (passes && from.resume()))
      from.once('close', () => to.destroy())
    }
    if (!passes) for (const socket of [client, upstream]) socket.pause()
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      passes = false
      for (const socket of sockets) socket.pause()
    },
    heal: () => {
      passes = true
      for (const socket of sockets) socket.resume()
    },
    close: async () => {
      if (!server.listening) return
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
