import { toMusterError } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import type { ClaimsPublisher, Reconciliation } from './claims-publisher.ts'
import type { MeshAuthority, MeshTenants, Notify } from './collaborators.ts'
import { ownUserSource } from './own-user.ts'
import type { CredentialsSource } from './user-credentials.ts'

export interface OwnAccountsOptions {
  readonly publisher: ClaimsPublisher
  readonly authority: MeshAuthority
  readonly tenants: MeshTenants
  readonly notify: Notify
  readonly log: Logger
  /** The tenant whose signing key tells whether this mesh issues. */
  readonly tenant: () => string
  /** Something in the state changed. */
  readonly changed: () => void
}

/** A mesh in use whose accounts are ours: kept in step with the record, and users for its tenants. */
export class OwnAccounts {
  readonly #options: OwnAccountsOptions
  readonly #consoles = new Map<string, CredentialsSource>()
  #canIssue = false
  #ended = false

  constructor(options: OwnAccountsOptions) {
    this.#options = options
  }

  /** Whether the keychain holds what issuing in the tenant takes. */
  get canIssue(): boolean {
    return this.#canIssue
  }

  refreshCanIssue(): void {
    const { authority, tenant, log, changed } = this.#options
    authority.canIssue(tenant()).then(
      (canIssue) => {
        if (this.#canIssue === canIssue || this.#ended) return
        this.#canIssue = canIssue
        changed()
      },
      (error: unknown) =>
        log.warn('can not tell whether this mesh issues', { error: toMusterError(error) }),
    )
  }

  /**
   * Brings the servers in step with the record: to be called at each connect. Never throws: the next
   * connect looks again, and a push that matters is confirmed on its own.
   */
  async reconcile(signal: AbortSignal): Promise<void> {
    const { authority, publisher, tenants, log } = this.#options
    try {
      // Not beside a change under way, which it could undo.
      await authority.exclusively(async () => {
        signal.throwIfAborted()
        const { systemAccount, accounts } = await authority.bootstrap()
        this.#report(await publisher.reconcile([systemAccount, ...accounts], signal))
      })
      // Not waited for: what is taken up may need this very connection to be there.
      void authority.takeUp('mesh', signal).then(() => tenants.retryPending())
    } catch (error) {
      if (!signal.aborted) log.warn('the accounts on the mesh could not be compared', { error })
    }
  }

  consoleOf(tenant: string): CredentialsSource {
    const existing = this.#consoles.get(tenant)
    if (existing !== undefined) return existing
    const user = { account: { tenant }, role: 'console', name: 'Muster console' } as const
    const source = ownUserSource(this.#options.authority, user)
    this.#consoles.set(tenant, source)
    return source
  }

  end(): void {
    this.#ended = true
  }

  #report({ repaired, unrepaired, foreign, changedElsewhere }: Reconciliation): void {
    const { notify } = this.#options
    const namesOf = (accounts: readonly { readonly name: string }[]) =>
      accounts.map(({ name }) => name).join(', ')
    if (changedElsewhere.length > 0) {
      notify({
        level: 'warning',
        title: 'Accounts were changed elsewhere',
        text: `Somebody else who holds this operator’s keys changed ${namesOf(changedElsewhere)} on the server. Muster left that as it is: Keys, Resolver shows what changed, and lets you take it over or put yours back.`,
      })
    }
    if (unrepaired.length > 0) {
      notify({
        level: 'error',
        title: 'Accounts on the mesh could not be put right',
        text: `A server has something else than Muster recorded for ${namesOf(unrepaired)}, and does not take it. Look at Keys, Resolver.`,
      })
    }
    if (foreign.length > 0) {
      notify({
        level: 'error',
        title: 'Somebody else wrote accounts into the mesh',
        text: `Account JWTs that this mesh’s operator did not sign were found for ${foreign.join(', ')}. Those of Muster’s own accounts were put right; look at Keys, Resolver for the rest. Find out who holds a key of the system account.`,
      })
    } else if (repaired.length > 0) {
      notify({
        level: 'warning',
        title: 'Accounts on the mesh were put right',
        text: `The server held something else than Muster had recorded for ${namesOf(repaired)}.`,
      })
    }
  }
}
