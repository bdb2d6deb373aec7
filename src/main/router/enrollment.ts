import type {
  EnrollmentOrder,
  EnrollmentsSnapshot,
  EnrollmentTicket,
} from '#shared/contract/enrollment.ts'
import type { ContractImplementer } from './implementer.ts'
import { streamOf } from './stream.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks about enrollment. */
export interface EnrollmentCalls {
  subscribe(listener: (update: EnrollmentsSnapshot) => void): () => void
  servers(): { url: string; loopback: boolean }[]
  create(order: EnrollmentOrder): Promise<EnrollmentTicket>
  revoke(id: string, typed: string): Promise<void>
  remove(id: string): void
}

export function enrollmentRouter(
  os: ContractImplementer['enrollment'],
  enrollment: EnrollmentCalls,
) {
  return {
    watch: os.watch.handler(({ signal }) =>
      streamOf((listener) => enrollment.subscribe(listener), signal ?? NEVER),
    ),
    servers: os.servers.handler(() => enrollment.servers()),
    create: os.create.handler(({ input }) => enrollment.create(input)),
    revoke: os.revoke.handler(async ({ input }) => {
      await enrollment.revoke(input.id, input.typed)
      return null
    }),
    remove: os.remove.handler(({ input }) => {
      enrollment.remove(input.id)
      return null
    }),
  }
}
