import type { KeyImpact, KeysOverview, KeysUpdate, RoleView } from '#shared/contract/keys.ts'
import type { PermissionTemplate } from '#shared/protocol/permission-template.ts'
import type { Role } from '#shared/protocol/roles.ts'
import type { ContractImplementer } from './implementer.ts'
import { streamOf } from './stream.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks about keys and roles. */
export interface KeysCalls {
  overview(): Promise<KeysOverview>
  subscribe(listener: (update: KeysUpdate) => void): () => void
  resume(id: string): Promise<void>
  rollBack(id: string): Promise<void>
  keyImpact(account: string, signingKey: string): Promise<KeyImpact>
  rotate(request: { account: string; signingKey: string; cut: boolean }): Promise<void>
  rotateOperator(): Promise<void>
  addRole(request: { account: string; role: Role; tenant: string | null }): Promise<void>
  remove(request: { account: string; signingKey: string; cut: boolean }): Promise<void>
  roles(): { root: string; hasOperator: boolean; roles: RoleView[] }
  roleImpact(role: Role): Promise<KeyImpact>
  setRole(role: Role, template: PermissionTemplate | null): Promise<void>
}

export function keysRouter(os: ContractImplementer['keys'], keys: KeysCalls) {
  const done = async (work: Promise<void>) => {
    await work
    return null
  }
  return {
    overview: os.overview.handler(() => keys.overview()),
    watch: os.watch.handler(({ signal }) =>
      streamOf((listener) => keys.subscribe(listener), signal ?? NEVER),
    ),
    resume: os.resume.handler(({ input }) => done(keys.resume(input.id))),
    rollBack: os.rollBack.handler(({ input }) => done(keys.rollBack(input.id))),
    keyImpact: os.keyImpact.handler(({ input }) => keys.keyImpact(input.account, input.signingKey)),
    rotate: os.rotate.handler(({ input }) => done(keys.rotate(input))),
    rotateOperator: os.rotateOperator.handler(() => done(keys.rotateOperator())),
    addRole: os.addRole.handler(({ input }) => done(keys.addRole(input))),
    remove: os.remove.handler(({ input }) => done(keys.remove(input))),
    roles: os.roles.handler(() => keys.roles()),
    roleImpact: os.roleImpact.handler(({ input }) => keys.roleImpact(input.role)),
    setRole: os.setRole.handler(({ input }) => done(keys.setRole(input.role, input.template))),
  }
}
