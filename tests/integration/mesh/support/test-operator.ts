import { encodeJwt } from '../../../../src/main/authority/jwt.ts'
import { createNkey } from '../../../../src/main/authority/nkey.ts'
import { signerOf } from '../../../../src/main/authority/signer.ts'
import type { UserCredentials } from '../../../../src/main/mesh/user-credentials.ts'

const UNLIMITED = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1 }

const seconds = () => Math.floor(Date.now() / 1000)

/** An operator with SYS and one account, signed as a deployment of its own would be. */
export class TestOperator {
  readonly operator = createNkey('operator')
  readonly system = createNkey('account')
  readonly account = createNkey('account')

  /** Files of a server's folder. */
  files(): Record<string, string> {
    const { publicKey } = this.operator
    const nats = { system_account: this.system.publicKey }
    return { 'operator.jwt': this.#sign('test', publicKey, 'operator', nats) }
  }

  /** Configuration of a server with the memory resolver. */
  config(more = ''): string {
    return `operator: operator.jwt
system_account: ${this.system.publicKey}
resolver: MEMORY
resolver_preload: {
  ${this.system.publicKey}: ${this.accountJwt('SYS', this.system.publicKey)}
  ${this.account.publicKey}: ${this.accountJwt('TENANT', this.account.publicKey)}
}
${more}`
  }

  /** An account JWT that this operator signed. */
  accountJwt(name: string, publicKey: string): string {
    return this.#sign(name, publicKey, 'account', {
      limits: { ...UNLIMITED, wildcards: true },
      default_permissions: { pub: {}, sub: {} },
    })
  }

  /** A user of the account, or of another; expires after `lifeSeconds`. */
  user(lifeSeconds = 3600, account = this.account, key = createNkey('user')): UserCredentials {
    const expiresAt = seconds() + lifeSeconds
    const jwt = encodeJwt(
      {
        name: 'test user',
        subject: key.publicKey,
        type: 'user',
        nats: { pub: {}, sub: {}, subs: -1, data: -1, payload: -1 },
        issuedAt: seconds(),
        expiresAt,
      },
      signerOf(account.seed),
    )
    const { seed } = key
    return { jwt, seed, inboxPrefix: '_INBOX', expiresAt: new Date(expiresAt * 1000) }
  }

  #sign(name: string, subject: string, type: 'operator' | 'account', nats: object): string {
    return encodeJwt(
      { name, subject, type, nats, issuedAt: seconds() },
      signerOf(this.operator.seed),
    )
  }
}
