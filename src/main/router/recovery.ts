import type { z } from 'zod'
import type { SavedFile } from '#shared/contract/common.ts'
import type {
  KitSealing,
  PresentedKit,
  RecoveryState,
  Rehearsal,
  Restoration,
} from '#shared/contract/recovery.ts'
import type { ContractImplementer } from './implementer.ts'

/** What the window asks about recovery kits and backups. */
export interface RecoveryCalls {
  state(): Promise<RecoveryState>
  createKit(form: 'file' | 'page', sealing: z.infer<typeof KitSealing>): Promise<SavedFile>
  rehearse(kit: PresentedKit): Promise<Rehearsal>
  moveOffline(kit: PresentedKit): Promise<RecoveryState>
  lend(kit: PresentedKit, minutes: number): Promise<RecoveryState>
  endLending(): Promise<RecoveryState>
  bringBack(kit: PresentedKit): Promise<RecoveryState>
  backUp(): Promise<SavedFile>
  uploadBackup(upload: string, part: number, base64: string): Promise<void>
  restore(kit: PresentedKit | null, upload: string): Promise<Restoration>
}

export function recoveryRouter(os: ContractImplementer['recovery'], recovery: RecoveryCalls) {
  return {
    state: os.state.handler(() => recovery.state()),
    createKit: os.createKit.handler(({ input }) => recovery.createKit(input.form, input.sealing)),
    rehearse: os.rehearse.handler(({ input }) => recovery.rehearse(input)),
    moveOffline: os.moveOffline.handler(({ input }) => recovery.moveOffline(input)),
    lend: os.lend.handler(({ input }) => recovery.lend(input.kit, input.minutes)),
    endLending: os.endLending.handler(() => recovery.endLending()),
    bringBack: os.bringBack.handler(({ input }) => recovery.bringBack(input)),
    backUp: os.backUp.handler(() => recovery.backUp()),
    uploadBackup: os.uploadBackup.handler(async ({ input }) => {
      await recovery.uploadBackup(input.upload, input.part, input.base64)
      return null
    }),
    restore: os.restore.handler(({ input }) => recovery.restore(input.kit, input.upload)),
  }
}
