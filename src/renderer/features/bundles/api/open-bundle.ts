import { useMutation } from '@tanstack/react-query'
import type { BundleKeyhole } from '#shared/contract/bundles.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

// What opens a bundle is no variable of a mutation: those stay in memory after it.

/** Verifies a bundle and tells what is in it; `read` takes the secret from its field. */
export function useOpenBundle(read: () => BundleKeyhole) {
  const { client } = useApi()
  return useMutation({
    mutationFn: (path: string) => client.bundles.open({ path, keyhole: read() }),
  })
}

/** Saves one credential of a bundle as a connection. */
export function useImportConnection(read: () => BundleKeyhole) {
  const { client } = useApi()
  return useMutation({
    mutationFn: (order: { path: string; publicKey: string; connectionName: string }) =>
      client.bundles.importConnection({ ...order, keyhole: read() }),
  })
}

/** Looks for bundles in a folder and below it. */
export function useFindBundles() {
  const { client } = useApi()
  return useMutation({ mutationFn: (path: string) => client.bundles.find({ path }) })
}

/** Overwrites and deletes bundles. */
export function useWipeBundles() {
  const { client } = useApi()
  return useMutation({
    mutationFn: (order: { path: string; bundles: string[] }) =>
      client.bundles.wipe({ ...order, typed: 'wipe' }),
  })
}
