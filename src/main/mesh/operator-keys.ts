import { verifyJwt } from '../authority/jwt.ts'

/** Public keys that may sign for an operator, its identity first. @throws RejectedError `JWT_…`. */
export function operatorKeysOf(operatorJwt: string): readonly string[] {
  const { sub, nats } = verifyJwt(operatorJwt, { type: 'operator' })
  const { signing_keys: keys } = nats
  return [sub, ...(Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [])]
}
