import type { IKeyValue } from 'etcd3'
import type { EtcdEntry } from './etcd-client.ts'

/** The first key behind all that begin with `prefix`, which ends in a slash. */
export function endOfPrefix(prefix: string): Buffer {
  const end = Buffer.from(prefix)
  end[end.length - 1] = (end.at(-1) ?? 0) + 1
  return end
}

export function toEntry(found: IKeyValue): EtcdEntry {
  return {
    key: found.key.toString(),
    value: found.value,
    revision: Number(found.mod_revision),
    lease: found.lease,
  }
}
