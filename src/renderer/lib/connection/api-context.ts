import { createContext, useContext, useSyncExternalStore } from 'react'
import { InternalError } from '#shared/errors.ts'
import type { Api } from './client.ts'
import type { ConnectionState } from './connection.ts'

/** Set once at the root by the composition in main.tsx. */
export const ApiContext = createContext<Api | null>(null)

/** The way to main: typed client, query keys and the connection itself. */
export function useApi(): Api {
  const api = useContext(ApiContext)
  if (api === null) {
    throw new InternalError({
      code: 'API_MISSING',
      message: 'A part of the window was built outside of its frame.',
      advice: 'Report this fault of Muster.',
    })
  }
  return api
}

/** State of the connection to main; renders again when it changes. */
export function useConnectionState(): ConnectionState {
  const { connection } = useApi()
  return useSyncExternalStore(connection.subscribe, connection.getState)
}
