import { useEffect, useRef } from 'react'
import { useMutation } from '@tanstack/react-query'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import type { RpcOutcome } from '#shared/contract/rpc.ts'
import { useApi } from '../../../lib/connection/api-context.ts'
import { problemOf } from '../../../lib/problem.ts'
import { useCallHistory } from '../hooks/use-call-history.ts'

export interface FunctionCall {
  readonly functionName: string
  readonly params: Record<string, unknown>
  readonly timeoutMs: number
}

/** Calls a function of a device; every call goes into the history of this session. */
export function useCallFunction({ tenant, deviceId }: DeviceAddress) {
  const { client } = useApi()
  const record = useCallHistory((state) => state.record)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const mutation = useMutation<RpcOutcome, Error, FunctionCall>({
    mutationFn: (call) => {
      running.current = new AbortController()
      const { signal } = running.current
      return client.rpc.call({ tenant, deviceId, ...call }, { signal })
    },
    onSettled: (outcome, error, { functionName, params }) => {
      if (running.current?.signal.aborted === true) return
      const problem = error === null ? null : problemOf(error)
      record({ tenant, deviceId }, { functionName, params, outcome: outcome ?? null, problem })
    },
  })
  const cancel = () => {
    running.current?.abort()
    mutation.reset()
  }
  return { ...mutation, cancel }
}
