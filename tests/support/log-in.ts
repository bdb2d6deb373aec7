import {
  connect,
  jwtAuthenticator,
  type Authenticator,
  type ConnectionOptions,
  type NatsConnection,
} from '@nats-io/transport-node'

/** What somebody logs in with; the seed stands apart where the credential was issued for a key. */
export interface Login {
  readonly jwt: string
  readonly seed?: string | undefined
}

export function authenticatorOf({ jwt, seed = '' }: Login): Authenticator {
  return jwtAuthenticator(jwt, new TextEncoder().encode(seed))
}

/** One connection with a credential, which does not come back by itself. */
export function logIn(
  url: string,
  login: Login,
  options: ConnectionOptions = {},
): Promise<NatsConnection> {
  const authenticator = authenticatorOf(login)
  return connect({ servers: url, authenticator, reconnect: false, ...options })
}
