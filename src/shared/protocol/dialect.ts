/** One deployment speaks one dialect; it fixes three names (protocol.md, "Dialects"). */
export type DialectName = 'device-connect' | 'fabric'

export interface Dialect {
  readonly name: DialectName
  /** Root token of every NATS subject. */
  readonly subjectRoot: string
  /** mDNS service type, without the trailing dot. */
  readonly mdnsService: string
  /** First path segment below the home folder where devices keep credentials. */
  readonly credentialFolder: string
  /** Root of the registry's keys in etcd, without a trailing slash. */
  readonly etcdRoot: string
}

const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  'device-connect': {
    name: 'device-connect',
    subjectRoot: 'device-connect',
    mdnsService: '_device-connect._tcp.local',
    credentialFolder: '.device-connect/credentials',
    etcdRoot: '/device-connect',
  },
  fabric: {
    name: 'fabric',
    subjectRoot: 'fabric',
    mdnsService: '_fabric._tcp.local',
    credentialFolder: '.fabric/credentials',
    etcdRoot: '/fabric',
  },
}

/** The names that a dialect fixes. */
export function dialectOf(name: DialectName): Dialect {
  return DIALECTS[name]
}
