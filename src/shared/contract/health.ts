import { eventIterator, Instant, Problem, procedure, z } from './common.ts'

export const HealthComponent = z.strictObject({
  name: z.enum([
    'keychain',
    'mesh',
    'registry',
    'discovery',
    'storage',
    'audit',
    'credentials',
    'recovery',
  ]),
  state: z.enum(['ok', 'starting', 'degraded', 'failed', 'off']),
  /** One sentence, for example `Running, 3 devices online`. */
  summary: z.string(),
  problem: Problem.nullable(),
  since: Instant,
})
export type HealthComponent = z.infer<typeof HealthComponent>

/** Something that happened and that the person should know, such as a recovery. */
export const Notice = z.strictObject({
  id: z.int(),
  at: Instant,
  level: z.enum(['info', 'success', 'warning', 'error']),
  title: z.string(),
  text: z.string(),
})
export type Notice = z.infer<typeof Notice>

export const HealthUpdate = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('snapshot'),
    components: z.array(HealthComponent),
    notices: z.array(Notice),
  }),
  z.strictObject({ type: z.literal('component'), component: HealthComponent }),
  z.strictObject({ type: z.literal('notice'), notice: Notice }),
])
export type HealthUpdate = z.infer<typeof HealthUpdate>

export const health = {
  watch: procedure.output(eventIterator(HealthUpdate)),
}
