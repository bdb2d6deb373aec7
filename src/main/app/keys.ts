import type { Authority } from '../authority/authority.ts'
import { ServerView } from '../credentials/server-view.ts'
import { KeysService } from '../keys/keys-service.ts'
import type { SystemLink } from '../mesh/system-link.ts'

/** Keys and roles on the mesh in use. */
export function composeKeys(parts: {
  readonly authority: Authority
  readonly link: SystemLink
}): KeysService {
  const view = new ServerView({ system: parts.link })
  return new KeysService({
    authority: parts.authority,
    connected: async (account, wanted, signal) => {
      const { connections } = await view.connections(account, wanted, signal, false)
      return connections.map(({ publicKey, address }) => ({ userKey: publicKey, address }))
    },
  })
}
