import {
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
} from 'etcd3'
import {
  InternalError,
  messageOf,
  MusterError,
  RejectedError,
  TransientError,
} from '#shared/errors.ts'

/** gRPC's and etcd's words for a message or a transaction that is too large. */
const TOO_LARGE = /larger than max|request is too large|too many operations/u

/** What etcd's client threw, in the terms of the error tree; see `EtcdClient` for the codes. */
export function etcdError(thrown: unknown): MusterError {
  if (thrown instanceof MusterError) return thrown
  const why = messageOf(thrown)
  const cause = thrown
  if (why.includes('database space exceeded')) return noSpace(cause)
  if (thrown instanceof EtcdLeaseInvalidError) {
    return new InternalError({
      code: 'ETCD_LEASE_GONE',
      message: 'A lease that was to be used is gone.',
      advice: 'Nothing: the registry takes another.',
      cause,
    })
  }
  if (TOO_LARGE.test(why)) {
    return new InternalError({
      code: 'ETCD_TOO_LARGE',
      message: 'A request or a reply was larger than etcd or its client takes.',
      advice: 'Nothing: the registry splits it.',
      cause,
    })
  }
  if (why.includes('has been compacted')) {
    return new InternalError({
      code: 'ETCD_COMPACTED',
      message: 'etcd has forgotten the history before the revision that was asked for.',
      advice: 'Nothing: the registry reads everything anew.',
      cause,
    })
  }
  if (isRefusal(thrown)) {
    return new RejectedError({
      code: 'ETCD_REFUSED',
      message: `etcd refused the registry: ${why}.`,
      advice: "Check user, password and the user's permissions in etcd.",
      cause,
    })
  }
  return new TransientError({
    code: 'ETCD_UNREACHABLE',
    message: `etcd does not answer: ${why}.`,
    advice: 'Check that etcd runs, has a leader, and can be reached from here.',
    cause,
  })
}

function noSpace(cause: unknown): TransientError {
  return new TransientError({
    code: 'ETCD_NO_SPACE',
    message: 'etcd has used up its quota and takes no writes.',
    advice:
      'The registry compacts and defragments it where it may; else do so with etcdctl, or raise --quota-backend-bytes.',
    cause,
  })
}

function isRefusal(thrown: unknown): boolean {
  return (
    thrown instanceof EtcdAuthenticationFailedError ||
    thrown instanceof EtcdPermissionDeniedError ||
    thrown instanceof EtcdInvalidAuthTokenError ||
    messageOf(thrown).includes('user name is empty')
  )
}
