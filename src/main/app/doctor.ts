import type { Authority } from '../authority/authority.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import { ServerView } from '../credentials/server-view.ts'
import { DoctorService } from '../doctor/doctor-service.ts'
import type { DoctorServers } from '../doctor/look-around.ts'
import type { SaveFile } from '../files/saved-file.ts'
import type { MeshService } from '../mesh/mesh-service.ts'
import type { SystemLink } from '../mesh/system-link.ts'

export interface DoctorParts {
  readonly authority: Authority
  readonly link: SystemLink
  readonly mesh: MeshService
  readonly audit: KeyAudit
  readonly saveFile: SaveFile
}

/** The access doctor, over this profile's ledger and the servers of the mesh in use. */
export function composeDoctor({ authority, link, mesh, audit, saveFile }: DoctorParts) {
  return new DoctorService({
    authority,
    servers: serversOf(link),
    now: () => new Date(),
    audit,
    saveFile,
    mesh: () => mesh.dialTarget(),
    deviceUrls: () => mesh.state().deviceUrls,
  })
}

/** What the system account's user sees of the servers. */
export function serversOf(link: SystemLink): DoctorServers {
  const view = new ServerView({ system: link })
  return {
    connected: () => link.current() !== undefined,
    lookUpClaims: (account, signal) => link.lookUpClaims(account, signal),
    request: (subject, payload, signal) => link.request(subject, payload, signal),
    countConnections: async (account, user, signal) => {
      let ofAccount = 0
      const wanted = (publicKey: string) => {
        ofAccount += 1
        return publicKey === user
      }
      const { total, connections } = await view.connections(account, wanted, signal)
      const most = Math.max(0, ...connections.map(({ subscriptions }) => subscriptions.length))
      return { ofAccount, ofUser: total, mostSubscriptions: most }
    },
  }
}
