import { createORPCClient } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import type { Contract } from '#shared/contract/index.ts'
import type { Connection } from './connection.ts'

/** Main's procedures as typed functions. */
export type Client = ContractRouterClient<Contract>

/** What features reach main through. */
export interface Api {
  readonly connection: Connection
  /** Calls: `client.fleet.record({…})`. */
  readonly client: Client
  /** Keys and options for TanStack Query: `queries.fleet.record.queryOptions({…})`. */
  readonly queries: ReturnType<typeof queriesOf>
}

function queriesOf(client: Client) {
  return createTanstackQueryUtils(client)
}

/** The typed client over a connection. */
export function createApi(connection: Connection): Api {
  const client: Client = createORPCClient(connection)
  return { connection, client, queries: queriesOf(client) }
}
