import { randomUUID } from 'node:crypto'
import { dirname, isAbsolute } from 'node:path'
import type { NewManagedMesh } from '#shared/contract/resolver.ts'
import { ConflictError, RejectedError } from '#shared/errors.ts'
import { requireSafeToken } from '#shared/protocol/names.ts'
import type { Logger } from '../log/logger.ts'
import { AccountFolder } from './account-folder.ts'
import type { ClaimsPublisher } from './claims-publisher.ts'
import type { MeshAuthority } from './collaborators.ts'
import { FullResolver } from './full-resolver.ts'
import { GeneratedConfigFile, generatedText, type GeneratedConfig } from './generated-config.ts'
import { MemoryResolver } from './memory-resolver.ts'
import { connectionUnknown } from './mesh-errors.ts'
import { explainFileError } from './mesh-files.ts'
import type { ManagedMeshSettings, MeshStore } from './mesh-store.ts'
import { requireCertificate, requireUrl } from './remote-connections.ts'
import type { ResolverWay } from './resolver-way.ts'
import { urlHost } from './network-addresses.ts'
import type { SystemLink } from './system-link.ts'
import { UrlResolver } from './url-resolver.ts'

export interface ManagedMeshesOptions {
  readonly store: MeshStore
  readonly authority: MeshAuthority
  readonly link: SystemLink
  readonly publisher: ClaimsPublisher
  /** Where accounts lie that the registry process serves. */
  readonly accountsFolder: string
  readonly log: Logger
}

/** The saved meshes elsewhere whose operator is ours, and what their servers have to be told. */
export class ManagedMeshes {
  readonly folder: AccountFolder
  readonly #options: ManagedMeshesOptions

  constructor(options: ManagedMeshesOptions) {
    this.#options = options
    this.folder = new AccountFolder(options.accountsFolder)
  }

  /**
   * Checks and saves a mesh; creates the operator where this profile has none yet. Where a
   * configuration file is named it is written, and the accounts that a URL resolver fetches are laid
   * out, so that the server can be started.
   * @throws RejectedError `URL_INVALID`, `CA_INVALID`, `CONFIG_PATH_…`, `SERVER_CONFIG_…`; ConflictError
   *   `CONNECTION_EXISTS`; what setting up the operator throws.
   */
  async add(order: NewManagedMesh): Promise<ManagedMeshSettings> {
    const { store, authority } = this.#options
    const { name, urls, tenant, resolver, registry, caPem } = order
    requireSafeToken(tenant, 'tenant')
    for (const url of urls) requireUrl(url)
    if (caPem !== null) requireCertificate(caPem)
    requirePath(order)
    const taken = [...store.remotes(), ...store.managedMeshes()].some((one) => one.name === name)
    if (taken) throw exists(name)
    const dialect = authority.operator()?.dialect ?? order.dialect
    await authority.setUp({ dialect })
    const settings: ManagedMeshSettings = {
      id: randomUUID(),
      name,
      urls,
      caPem,
      tenant,
      resolver,
      configPath: order.configPath,
      pidFile: order.pidFile,
      accounts: resolver === 'url' ? order.accounts : null,
      registry,
    }
    await this.#prepare(settings)
    store.addManaged(settings)
    return settings
  }

  /** What the servers of a mesh need in their configuration, as text to copy. */
  async configuration(id: string): Promise<string> {
    return generatedText(await this.#configOf(this.#require(id)))
  }

  /** Writes that into the configuration file of the server, where one is named. */
  async writeConfiguration(id: string): Promise<void> {
    await this.#prepare(this.#require(id))
  }

  /** How accounts get to the servers of a mesh. */
  wayOf(settings: ManagedMeshSettings): ResolverWay {
    const { link, publisher, log, authority } = this.#options
    const shared = { link, roster: publisher.roster, log }
    if (settings.resolver === 'url') {
      const operatorJwt = async () => (await authority.bootstrap()).operatorJwt
      return new UrlResolver({ ...shared, folder: this.folder, operatorJwt })
    }
    if (settings.resolver === 'full' || settings.configPath === null) {
      return new FullResolver(shared)
    }
    return new MemoryResolver({
      ...shared,
      configPath: settings.configPath,
      pidFile: settings.pidFile,
      operator: async () => {
        const { operatorJwt, systemAccount } = await authority.bootstrap()
        return { operatorJwt, systemAccount: systemAccount.publicKey }
      },
    })
  }

  async #prepare(settings: ManagedMeshSettings): Promise<void> {
    const config = await this.#configOf(settings)
    if (settings.configPath !== null) {
      try {
        await new GeneratedConfigFile(settings.configPath).write(config)
      } catch (error) {
        throw explainFileError(error, dirname(settings.configPath))
      }
    }
    if (settings.resolver !== 'url') return
    const { operatorJwt, systemAccount, accounts } = await this.#options.authority.bootstrap()
    await this.folder.writeOperator(operatorJwt)
    for (const { publicKey, jwt } of [systemAccount, ...accounts]) {
      await this.folder.write(publicKey, jwt)
    }
  }

  async #configOf({ resolver, accounts: at }: ManagedMeshSettings): Promise<GeneratedConfig> {
    const { operatorJwt, systemAccount, accounts } = await this.#options.authority.bootstrap()
    const preloaded = resolver === 'memory' ? [systemAccount, ...accounts] : [systemAccount]
    return {
      resolver,
      operatorJwt,
      systemAccount: systemAccount.publicKey,
      preload: new Map(preloaded.map(({ publicKey, name, jwt }) => [publicKey, { name, jwt }])),
      ...(at === null ? {} : { accountsUrl: accountsUrlAt(at) }),
    }
  }

  #require(id: string): ManagedMeshSettings {
    const settings = this.#options.store.managed(id)
    if (settings === undefined) throw connectionUnknown()
    return settings
  }
}

/** The collection of accounts that a URL resolver fetches from, with a slash at its end. */
export function accountsUrlAt({ host, port }: { host: string; port: number }): string {
  return `http://${urlHost(host)}:${port}/jwt/v1/accounts/`
}

function requirePath({ resolver, configPath }: NewManagedMesh): void {
  if (configPath === null && resolver === 'memory') {
    throw new RejectedError({
      code: 'CONFIG_PATH_NEEDED',
      message:
        'A server with the memory resolver has its accounts in its configuration file. Muster has to write that file, or they are gone at the next restart.',
      advice:
        'Name the configuration file on this computer, or choose the full or the URL resolver.',
    })
  }
  if (configPath === null || isAbsolute(configPath)) return
  throw new RejectedError({
    code: 'CONFIG_PATH_RELATIVE',
    message: 'The path of the configuration file has to be a whole one, from the root.',
    advice: 'Write it like /etc/nats/nats-server.conf.',
  })
}

function exists(name: string): ConflictError {
  return new ConflictError({
    code: 'CONNECTION_EXISTS',
    message: `There is a connection with the name “${name}” already.`,
    advice: 'Choose another name, or remove the other connection first.',
  })
}
