import { implement } from '@orpc/server'
import { contract } from '#shared/contract/index.ts'
import type { MusterError } from '#shared/errors.ts'
import { toContractError } from './errors.ts'

/** The contract, ready to be implemented domain by domain; errors are mapped on the way out. */
export function implementContract(onInternalError: (error: MusterError, path: string) => void) {
  return implement(contract).use(async ({ next, path }) => {
    try {
      return await next()
    } catch (thrown) {
      throw toContractError(thrown, (error) => onInternalError(error, path.join('.')))
    }
  })
}

/** `ContractImplementer['audit']` is what implements the calls of the domain `audit`. */
export type ContractImplementer = ReturnType<typeof implementContract>
