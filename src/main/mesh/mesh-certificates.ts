import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { writeFileAtomic } from '../files/atomic-write.ts'
import type { Logger } from '../log/logger.ts'
import { explainFileError } from './mesh-files.ts'
import type { SecretStore } from './secret-store.ts'
import type { MeshPaths, ServerTlsFiles } from './server-config.ts'
import { createAuthority, createServerCertificate, type CertifiedKey } from './x509.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Every device carries the authority in its credentials, so it outlives them by far. */
const AUTHORITY_DAYS = 20 * 365
const SERVER_DAYS = 365
/** A server certificate with less left than this is renewed. */
const RENEW_BEFORE_DAYS = 60
/** Devices' clocks go wrong: a new certificate is valid from the day before. */
const BACKDATED_DAYS = 1

/** By these the app itself reaches its server, whatever the devices use. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1'] as const

export interface MeshCertificatesOptions {
  readonly paths: MeshPaths
  readonly keychain: SecretStore
  /** Of the local mesh; names the keychain entry `ca:<id>`. */
  readonly meshId: string
  readonly log: Logger
  readonly now?: () => Date
}

export interface MeshTls {
  readonly files: ServerTlsFiles
  /** Certificate of the authority, for those who are to trust the server. */
  readonly caPem: string
  /** When the server certificate should be renewed. */
  readonly renewAt: Date
}

/**
 * The local mesh's own certificate authority and its server certificate. The authority is created
 * once, its key stays in the keychain; the server's key has to be a file for nats-server to read.
 */
export class MeshCertificates {
  readonly #options: MeshCertificatesOptions
  readonly #now: () => Date

  constructor(options: MeshCertificatesOptions) {
    this.#options = options
    this.#now = options.now ?? (() => new Date())
  }

  /**
   * Certificate files for a server at `host`; made or renewed where they are missing, near their
   * end, for another host or of another authority. The keychain is needed only then.
   * @param host IP address or DNS name
   * @throws what the keychain throws; RejectedError `MESH_FOLDER_UNWRITABLE`.
   */
  async provide(host: string): Promise<MeshTls> {
    const { paths } = this.#options
    const existing = await this.#existing(host)
    if (existing !== undefined) return existing
    const authority = await this.#authority()
    const validity = this.#validity(SERVER_DAYS)
    const hosts = [...new Set([host, ...LOCAL_HOSTS])]
    const server = await createServerCertificate(authority, hosts, validity)
    try {
      await writeFileAtomic(paths.serverKey, server.keyPem)
      await writeFileAtomic(paths.serverCertificate, server.certificatePem)
    } catch (error) {
      throw explainFileError(error, paths.folder)
    }
    this.#options.log.info('a certificate was issued for the local mesh', {
      host,
      until: validity.notAfter.toISOString(),
    })
    return this.#tls(authority.certificatePem, validity.notAfter)
  }

  async #existing(host: string): Promise<MeshTls | undefined> {
    const { paths } = this.#options
    try {
      const caPem = await readFile(paths.caCertificate, 'utf8')
      const server = new X509Certificate(await readFile(paths.serverCertificate))
      const authority = new X509Certificate(caPem)
      const fits =
        names(server, host) &&
        server.checkIssued(authority) &&
        server.verify(authority.publicKey) &&
        server.checkPrivateKey(createPrivateKey(await readFile(paths.serverKey)))
      const tls = this.#tls(caPem, server.validToDate)
      return fits && tls.renewAt > this.#now() ? tls : undefined
    } catch {
      // Missing or damaged: made anew.
      return undefined
    }
  }

  async #authority(): Promise<CertifiedKey> {
    const { paths, keychain, meshId, log } = this.#options
    const entry = `ca:${meshId}`
    const keyPem = await keychain.get(entry)
    const certificatePem = await readFile(paths.caCertificate, 'utf8').catch(() => undefined)
    if (
      keyPem !== undefined &&
      certificatePem !== undefined &&
      this.#usable(certificatePem, keyPem)
    ) {
      return { certificatePem, keyPem }
    }
    if (certificatePem !== undefined) {
      log.warn(
        'the certificate authority of the mesh is gone; devices with the old one must be given new credentials',
      )
    }
    const created = await createAuthority('Muster mesh', this.#validity(AUTHORITY_DAYS))
    await keychain.set(entry, created.keyPem)
    try {
      await writeFileAtomic(paths.caCertificate, created.certificatePem)
    } catch (error) {
      throw explainFileError(error, paths.folder)
    }
    return created
  }

  #usable(certificatePem: string, keyPem: string): boolean {
    try {
      const certificate = new X509Certificate(certificatePem)
      const lastsMs = certificate.validToDate.getTime() - this.#now().getTime()
      return certificate.checkPrivateKey(createPrivateKey(keyPem)) && lastsMs > SERVER_DAYS * DAY_MS
    } catch {
      return false
    }
  }

  #validity(days: number): { notBefore: Date; notAfter: Date } {
    const now = this.#now().getTime()
    return {
      notBefore: new Date(now - BACKDATED_DAYS * DAY_MS),
      notAfter: new Date(now + days * DAY_MS),
    }
  }

  #tls(caPem: string, notAfter: Date): MeshTls {
    const { serverCertificate: certificate, serverKey: key } = this.#options.paths
    return {
      files: { certificate, key },
      caPem,
      renewAt: new Date(notAfter.getTime() - RENEW_BEFORE_DAYS * DAY_MS),
    }
  }
}

function names(certificate: X509Certificate, host: string): boolean {
  const found = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)
  return found !== undefined
}
