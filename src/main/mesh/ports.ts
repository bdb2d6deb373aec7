import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { ConflictError, RejectedError, TransientError } from '#shared/errors.ts'
import { ownerOfPort } from './port-owner.ts'

/** The ports of a local mesh. They stand in issued credentials, so they never change by themselves. */
export interface MeshPorts {
  readonly client: number
  readonly webSocket: number
}

/** The port that NATS clients expect; taken where it is free and the mesh is open to a network. */
export const USUAL_CLIENT_PORT = 4222
export const USUAL_WEBSOCKET_PORT = 9222

/**
 * Below the ranges from which systems take ports for outgoing connections (from 32768 on Linux,
 * 49152 elsewhere), or one of those would sit on the mesh's port at some later start.
 */
const FIRST_PORT = 20_000
const LAST_PORT = 29_999
const PORT_ATTEMPTS = 200

/**
 * Chooses free ports on `host` for a new mesh, `preferred` ones where they are free.
 * @throws TransientError `NO_FREE_PORT`; RejectedError `ADDRESS_NOT_AVAILABLE`.
 */
export async function choosePorts(
  host: string,
  preferred: Partial<MeshPorts> = {},
): Promise<MeshPorts> {
  const client = await chooseOne(host, preferred.client, [])
  return { client, webSocket: await chooseOne(host, preferred.webSocket, [client]) }
}

/**
 * Checks that nothing else listens on the ports.
 * @throws ConflictError `PORT_IN_USE`; RejectedError `ADDRESS_NOT_AVAILABLE`.
 */
export async function requirePortsFree(host: string, ports: MeshPorts): Promise<void> {
  for (const port of [ports.client, ports.webSocket]) {
    if (!(await isFree(host, port))) throw await portInUse(host, port)
  }
}

/** What to tell about a port that somebody else has, with who that is where the system tells. */
export async function portInUse(host: string, port: number): Promise<ConflictError> {
  const owner = await ownerOfPort(port)
  const who = owner === undefined ? 'Another program' : `The program ${owner.program}`
  return new ConflictError({
    code: 'PORT_IN_USE',
    message: `${who} uses port ${port} on ${host}, which is the port of the local mesh. Devices carry it in their credentials, so Muster does not move to another by itself.`,
    advice:
      owner === undefined
        ? `Close the program that uses port ${port}. Muster tries again by itself.`
        : `Close ${owner.program} (process ${owner.pid}). Muster tries again by itself.`,
    details: { port, host, program: owner?.program ?? null, pid: owner?.pid ?? null },
  })
}

async function chooseOne(
  host: string,
  preferred: number | undefined,
  taken: readonly number[],
): Promise<number> {
  if (preferred !== undefined && (await isFree(host, preferred))) return preferred
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1)
    if (!taken.includes(port) && (await isFree(host, port))) return port
  }
  throw new TransientError({
    code: 'NO_FREE_PORT',
    message: `No free port was found on ${host} for the local mesh.`,
    advice: 'Close programs that hold many ports, then try again.',
  })
}

/**
 * Whether a port can be listened on.
 * @throws RejectedError `ADDRESS_NOT_AVAILABLE` where the computer does not have that address.
 */
function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL' || error.code === 'EINVAL' || error.code === 'ENOTFOUND') {
        reject(addressNotAvailable(host))
      } else resolve(false)
    })
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

/** What to tell when the mesh's address belongs to no interface of this computer (any more). */
export function addressNotAvailable(address: string): RejectedError {
  return new RejectedError({
    code: 'ADDRESS_NOT_AVAILABLE',
    message: `This computer does not have the address ${address} now, under which devices look for the mesh.`,
    advice:
      'Connect to the network where it has that address, or open the mesh under another one; devices that carry the old address then need new credentials.',
    details: { address },
  })
}
