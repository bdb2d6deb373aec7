import type { Dialect } from '#shared/protocol/dialect.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import type { DeviceKey } from '../store.ts'

const DEVICES = '/devices/'

/**
 * Where things stand in etcd. Records are where the protocol puts them (protocol.md, "Dialects");
 * everything of Muster's own is below a prefix of its own.
 */
export class EtcdKeys {
  /** Below it the records of all tenants. */
  readonly records: string
  /** Below it all of Muster's own keys of this dialect. */
  readonly own: string
  /** Below it when devices were seen last, as registries that stopped noted it. */
  readonly seen: string
  readonly #offline: string
  readonly #instances: string

  constructor(dialect: Dialect) {
    this.records = `${dialect.etcdRoot}/`
    this.own = `/muster/registry${dialect.etcdRoot}/`
    this.seen = `${this.own}seen/`
    this.#offline = `${this.own}offline/`
    this.#instances = `${this.own}instances/`
  }

  record({ tenant, deviceId }: DeviceKey): string {
    return `${this.records}${tenant}${DEVICES}${deviceId}`
  }

  offline({ tenant, deviceId }: DeviceKey): string {
    return `${this.#offline}${tenant}/${deviceId}`
  }

  instance(id: string): string {
    return this.#instances + id
  }

  /** Undefined for a key that is not a record's. */
  deviceOfRecord(key: string): DeviceKey | undefined {
    const end = key.indexOf('/', this.records.length)
    if (end < 0 || !key.startsWith(DEVICES, end)) return undefined
    return deviceKey(key.slice(this.records.length, end), key.slice(end + DEVICES.length))
  }

  deviceOfOffline(key: string): DeviceKey | undefined {
    if (!key.startsWith(this.#offline)) return undefined
    const end = key.indexOf('/', this.#offline.length)
    if (end < 0) return undefined
    return deviceKey(key.slice(this.#offline.length, end), key.slice(end + 1))
  }

  instanceOf(key: string): string | undefined {
    return key.startsWith(this.#instances) ? key.slice(this.#instances.length) : undefined
  }
}

/** A slash in a tenant would let it stand in another's place; in a device id it is harmless. */
export function hasKey({ tenant }: DeviceKey): boolean {
  return !tenant.includes('/')
}

function deviceKey(tenant: string, deviceId: string): DeviceKey | undefined {
  return isSafeToken(tenant) && isSafeToken(deviceId) ? { tenant, deviceId } : undefined
}
