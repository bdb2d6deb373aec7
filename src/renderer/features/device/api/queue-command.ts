import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Puts a command into the queue of a device. */
export function useQueueCommand() {
  const { queries } = useApi()
  return useMutation(queries.queue.enqueue.mutationOptions())
}

/** Takes a command out of the queue. */
export function useCancelCommand() {
  const { queries } = useApi()
  return useMutation(queries.queue.cancel.mutationOptions())
}

/** Gives a dead letter its attempts again. */
export function useRequeueCommand() {
  const { queries } = useApi()
  return useMutation(queries.queue.requeue.mutationOptions())
}

/** Takes a dead letter out. */
export function useDiscardCommand() {
  const { queries } = useApi()
  return useMutation(queries.queue.discard.mutationOptions())
}
