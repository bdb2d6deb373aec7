import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/**
 * A TCP tunnel to the browser host, as an SSH tunnel to a jump host is one: it can break and come
 * back while Muster goes on running.
 */
export class Tunnel {
  readonly #sockets = new Set<Socket>()
  #target: number
  #server: Server | undefined
  #port = 0

  private constructor(target: number) {
    this.#target = target
  }

  /** Opens a tunnel to the host of a one-time link. */
  static async to(link: string): Promise<Tunnel> {
    const tunnel = new Tunnel(Number(new URL(link).port))
    await tunnel.restore()
    return tunnel
  }

  /** A link as it is to be opened at this end. */
  through(link: string): string {
    const url = new URL(link)
    url.port = String(this.#port)
    return url.href
  }

  /** Breaks every connection and takes no new ones. */
  async cut(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** Leads to the host of another link from now on. */
  retarget(link: string): void {
    this.#target = Number(new URL(link).port)
  }

  /** Takes connections again, at the same port as before. */
  async restore(): Promise<void> {
    const server = createServer((near) => this.#join(near))
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  #join(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => other.destroy())
      one.once('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }
}
