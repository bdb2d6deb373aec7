import type { NatsConnection } from '@nats-io/nats-core'
import { z } from 'zod'
import { TransientError } from '#shared/errors.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import { isCovered } from '#shared/protocol/subject-patterns.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'
import type { Logger } from '../log/logger.ts'
import { openMeshConnection } from '../mesh/connection.ts'
import { limitedUserSource, type MeshPlace, type TenantUserIssuer } from './tenant-access.ts'

const REQUEST_TIMEOUT_MS = 5_000
const CREDENTIAL_TTL_MS = 5 * 60_000
const MAX_PAGES = 1_000
/** JetStream is off in this account (10039), or in this server (10076). */
const JETSTREAM_OFF = new Set([10_039, 10_076])
const STREAM_NOT_FOUND = 10_059

const Failure = z.object({
  error: z.object({ err_code: z.int().default(0), description: z.string().default('') }),
})
const Page = z.object({
  total: z.int().default(0),
  streams: z
    .array(
      z.object({
        config: z.object({ name: z.string(), subjects: z.array(z.string()).default([]) }),
        state: z.object({ messages: z.number().default(0), bytes: z.number().default(0) }),
      }),
    )
    .nullish(),
})

/** A stream of a tenant in JetStream. */
export interface TenantStream {
  readonly name: string
  readonly messages: number
  readonly bytes: number
}

export interface TenantStreamsOptions {
  readonly issuer: TenantUserIssuer
  readonly place: MeshPlace
  readonly log: Logger
}

/** What a tenant keeps in JetStream, seen and removed with a user that may do just that. */
export class TenantStreams {
  readonly #options: TenantStreamsOptions

  constructor(options: TenantStreamsOptions) {
    this.#options = options
  }

  /**
   * Streams of a tenant. In a shared account those whose every subject is the tenant's.
   * @throws TransientError where the mesh can't be reached.
   */
  list(
    tenant: string,
    dialect: DialectName,
    alone: boolean,
    signal: AbortSignal,
  ): Promise<TenantStream[]> {
    return this.#with(tenant, signal, (nats) => listStreams(nats, ownerOf(tenant, dialect, alone)))
  }

  /** Deletes them with all that is in them. Safe to call again. @throws as `list`. */
  remove(
    tenant: string,
    dialect: DialectName,
    alone: boolean,
    signal: AbortSignal,
  ): Promise<TenantStream[]> {
    return this.#with(tenant, signal, async (nats) => {
      const streams = await listStreams(nats, ownerOf(tenant, dialect, alone))
      for (const { name } of streams) {
        signal.throwIfAborted()
        await request(nats, `$JS.API.STREAM.DELETE.${name}`, '', STREAM_NOT_FOUND)
      }
      return streams
    })
  }

  async #with<T>(
    tenant: string,
    signal: AbortSignal,
    work: (nats: NatsConnection) => Promise<T>,
  ): Promise<T> {
    const { issuer, place, log } = this.#options
    const target = place('muster cleaning')
    if (target === undefined) throw unreachable('there is no mesh')
    const credentials = limitedUserSource(issuer, {
      tenant,
      name: 'Muster cleaning',
      reason: `The streams of ${tenant} are looked at or removed, for clearing it.`,
      ttlMs: CREDENTIAL_TTL_MS,
      permissions: (inboxPrefix) => ({
        pub: { allow: ['$JS.API.STREAM.LIST', '$JS.API.STREAM.DELETE.*'] },
        sub: { allow: [`${inboxPrefix}.>`] },
      }),
    })
    const connection = await openMeshConnection({ ...target, credentials, log }, signal)
    try {
      return await work(connection.nats)
    } finally {
      await connection.close()
    }
  }
}

type Owner = (subjects: readonly string[]) => boolean

function ownerOf(tenant: string, dialect: DialectName, alone: boolean): Owner {
  const own = subjectsOf(dialectOf(dialect)).everythingOf(tenant)
  return (subjects) =>
    alone || (subjects.length > 0 && subjects.every((subject) => isCovered(subject, own)))
}

async function listStreams(nats: NatsConnection, isOwn: Owner): Promise<TenantStream[]> {
  const found: TenantStream[] = []
  for (let page = 0, offset = 0; page < MAX_PAGES; page += 1) {
    const answer = await request(nats, '$JS.API.STREAM.LIST', JSON.stringify({ offset }))
    const { total = 0, streams = [] } = Page.safeParse(answer).data ?? {}
    for (const { config, state } of streams ?? []) {
      const { messages, bytes } = state
      if (isOwn(config.subjects)) found.push({ name: config.name, messages, bytes })
    }
    offset += streams?.length ?? 0
    if (offset >= total || (streams?.length ?? 0) === 0) break
  }
  return found
}

/** An answer of the JetStream API; undefined where there is no JetStream, or `unless` was said. */
async function request(
  nats: NatsConnection,
  subject: string,
  payload: string,
  unless?: number,
): Promise<unknown> {
  let text: string
  try {
    text = (await nats.request(subject, payload, { timeout: REQUEST_TIMEOUT_MS })).string()
  } catch (error) {
    throw unreachable('the server did not answer', error)
  }
  const answer: unknown = JSON.parse(text)
  const failure = Failure.safeParse(answer)
  if (!failure.success) return answer
  const { err_code: code, description } = failure.data.error
  if (JETSTREAM_OFF.has(code) || code === unless) return undefined
  throw unreachable(description)
}

function unreachable(why: string, cause?: unknown): TransientError {
  return new TransientError({
    code: 'STREAMS_NOT_READ',
    message: `What the tenant keeps in JetStream could not be read or removed: ${why}.`,
    advice: 'Try again once the mesh is connected.',
    cause,
  })
}
