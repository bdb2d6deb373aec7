import { eventIterator, Instant, Problem, procedure, StrictName, z } from './common.ts'

export const Tenant = z.strictObject({
  name: z.string(),
  /** Public key (A…) of the tenant's account; null on a mesh whose accounts are not ours. */
  account: z.string().nullable(),
  isolation: z.enum(['account', 'shared']),
  state: z.enum(['pending', 'ready', 'error']),
  problem: Problem.nullable(),
  createdAt: Instant.nullable(),
})
export type Tenant = z.infer<typeof Tenant>

export const tenants = {
  watch: procedure.output(
    eventIterator(z.strictObject({ type: z.literal('snapshot'), tenants: z.array(Tenant) })),
  ),
  create: procedure.input(z.strictObject({ name: StrictName })).output(Tenant),
}
