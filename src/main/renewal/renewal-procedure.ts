import { z } from 'zod'
import type { Procedures } from '../steps/procedures.ts'

const State = z.strictObject({ jobId: z.string() })

/** How jobs stand in the journal of procedures. */
export interface RenewalProcedures {
  /** @returns what starts a job, or goes on with one that a crash left. */
  register(
    run: (jobId: string, signal: AbortSignal) => Promise<void>,
  ): (jobId: string, signal: AbortSignal) => Promise<unknown>
}

/**
 * A job as a journaled procedure of one step. Where each of its credentials stands is in the job's own
 * items, written down before every act, so the step can be run again from any moment.
 *
 * It is taken up by the renewal service and not by the mesh session at each connect: a job may run for
 * days, and that one waits for each procedure before it looks at the tenants. There is no way back as a
 * whole: a device that has its new credential keeps it.
 */
export function renewalProcedures(procedures: Pick<Procedures, 'register'>): RenewalProcedures {
  return {
    register: (run) => {
      const procedure = procedures.register<z.infer<typeof State>>({
        kind: 'renew-credentials',
        state: State,
        subject: ({ jobId }) => `renewal:${jobId}`,
        describe: () => 'Renew credentials',
        needs: 'mesh',
        atStart: 'ask',
        onFailure: 'keep',
        steps: [
          {
            name: 'Renew each credential',
            final: true,
            run: async (state, { signal }) => {
              await run(state.jobId, signal)
              return state
            },
          },
        ],
      })
      return (jobId, signal) => procedure.startOrResume({ jobId }, signal)
    },
  }
}
