import type { SavedFile } from '#shared/contract/common.ts'
import type {
  CredentialSource,
  Diagnosis,
  DoctorTarget,
  SubjectAnswer,
  SubjectQuestion,
} from '#shared/contract/doctor.ts'
import type { ContractImplementer } from './implementer.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks of the access doctor. */
export interface DoctorCalls {
  diagnose(source: CredentialSource, signal: AbortSignal): Promise<Diagnosis>
  ask(question: SubjectQuestion): SubjectAnswer
  reach(id: string, at: DoctorTarget, signal: AbortSignal): Promise<Diagnosis>
  login(id: string, at: DoctorTarget, signal: AbortSignal): Promise<Diagnosis>
  export(id: string): Promise<SavedFile>
  forget(id: string): void
}

export function doctorRouter(os: ContractImplementer['doctor'], doctor: DoctorCalls) {
  return {
    diagnose: os.diagnose.handler(({ input, signal }) => doctor.diagnose(input, signal ?? NEVER)),
    ask: os.ask.handler(({ input }) => doctor.ask(input)),
    reach: os.reach.handler(({ input, signal }) =>
      doctor.reach(input.id, input.at, signal ?? NEVER),
    ),
    login: os.login.handler(({ input, signal }) =>
      doctor.login(input.id, input.at, signal ?? NEVER),
    ),
    export: os.export.handler(({ input }) => doctor.export(input.id)),
    forget: os.forget.handler(({ input }) => {
      doctor.forget(input.id)
      return null
    }),
  }
}
