import { useMutation } from '@tanstack/react-query'
import type { BundleOrder } from '#shared/contract/bundles.ts'
import { useApi } from '../../../lib/connection/api-context.ts'
import { receiveFile } from '../../../lib/files/receive-file.ts'

export type SealingChoice =
  | { readonly kind: 'passphrase' }
  | { readonly kind: 'people'; readonly people: readonly string[] }
  | { readonly kind: 'plain' }

/**
 * Begins a bundle; a passphrase is taken from its field by `read` at the moment of use. One that is fetched on
 * the network comes with its code, which is gone from memory with the page.
 */
export function useCreateBundle(read: () => string) {
  const { client } = useApi()
  return useMutation({
    mutationFn: async ({
      order,
      sealing,
    }: {
      order: Omit<BundleOrder, 'sealing'>
      sealing: SealingChoice
    }) => {
      const job = await client.bundles.create({ ...order, sealing: sealed(sealing, read) })
      const { kind } = order.destination
      const ticket = kind === 'network' ? await client.bundles.newCode({ id: job.id }) : undefined
      return { job: job.id, ticket }
    },
    gcTime: 0,
  })
}

/** Takes back the bundle under way. */
export function useCancelBundle() {
  const { client } = useApi()
  return useMutation({ mutationFn: (id: string) => client.bundles.cancel({ id }) })
}

/** Saves a receipt as a page to print. */
export function usePrintReceipt() {
  const { client } = useApi()
  return useMutation({
    mutationFn: (id: string) => client.bundles.printReceipt({ id }),
    onSuccess: receiveFile,
  })
}

function sealed(sealing: SealingChoice, read: () => string): BundleOrder['sealing'] {
  switch (sealing.kind) {
    case 'passphrase':
      return { kind: 'passphrase', passphrase: read() }
    case 'people':
      return { kind: 'people', people: [...sealing.people] }
    case 'plain':
      return { kind: 'plain', confirmed: true }
  }
}
