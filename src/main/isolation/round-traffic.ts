import type { Subjects } from '#shared/protocol/subjects.ts'
import { heardBy, type Canaries, type Canary } from './canaries.ts'
import type { Party, Stage } from './party.ts'
import {
  callPayload,
  eventPayload,
  heartbeatPayload,
  offlinePayload,
  answerPayload,
} from './payloads.ts'
import type { Ear, ProbeConnection } from './probe-connection.ts'
import type { ControlId, Loot } from './probes.ts'
import type { RepliesInFlight } from './target.ts'

/** So many that it would be a wonder if a thief in the queue group got none: 1 in 256. */
const QUEUED_MESSAGES = 8

/** A request that waits for its answer while others try to forge it. */
class Request {
  readonly call: Canary
  readonly answer: Canary
  readonly inbox: Ear
  readonly requester: ProbeConnection

  constructor(canaries: Canaries, requester: ProbeConnection, prefix: string, subject: string) {
    this.call = canaries.mint()
    this.answer = canaries.mint()
    this.requester = requester
    const reply = `${prefix}.${this.call.nonce}`
    this.inbox = requester.listen(reply, ({ data, subject: on }, ear) =>
      canaries.hear(data, { ear, subject: on, reply: undefined }),
    )
    requester.publish(subject, callPayload(this.call.nonce), reply)
  }

  /** Where the one who is called has to answer; undefined while the call has not arrived. */
  replySubject(ears: ReadonlySet<object>): string | undefined {
    return heardBy(this.call, ears)?.reply
  }

  get answered(): boolean {
    return heardBy(this.answer, new Set([this.inbox])) !== undefined
  }
}

/** What the victim and its registry say in one round: what must arrive, and must not be overheard. */
export class RoundTraffic {
  readonly #stage: Stage
  readonly #victim: Party
  readonly #event: Canary
  readonly #heartbeat: Canary
  readonly #offline: Canary
  readonly #queued: readonly Canary[]
  readonly #asks: readonly Request[]
  readonly #ownCall: Request
  readonly #consoleCall: Request
  readonly #registryCall: Request

  /** Sends everything but the answers. */
  constructor(stage: Stage, victim: Party, subjects: Subjects) {
    this.#stage = stage
    this.#victim = victim
    const { canaries, device, registry } = stage
    const { name } = victim.tenant
    const command = subjects.command(name, device)
    const say = (from: ProbeConnection, subject: string, text: (nonce: string) => string) => {
      const canary = canaries.mint()
      from.publish(subject, text(canary.nonce))
      return canary
    }
    this.#event = say(victim.device, subjects.event(name, device, 'probe'), eventPayload)
    this.#heartbeat = say(victim.device, subjects.heartbeat(name, device), (nonce) =>
      heartbeatPayload(nonce, device),
    )
    this.#queued = Array.from({ length: QUEUED_MESSAGES }, () =>
      say(victim.device, command, callPayload),
    )
    this.#offline = say(registry, subjects.offline(name), (nonce) => offlinePayload(nonce, device))
    this.#asks = [subjects.registry(name), subjects.discovery(name)].map(
      (subject) => new Request(canaries, victim.device, '_INBOX', subject),
    )
    this.#ownCall = new Request(canaries, victim.device, '_INBOX', command)
    this.#consoleCall = new Request(canaries, victim.console, victim.consolePrefix, command)
    this.#registryCall = new Request(canaries, registry, '_INBOX', command)
  }

  /** What only the victim and its registry may hear, by what it is. */
  readonly secrets = (loot: Loot): readonly Canary[] => {
    switch (loot) {
      case 'everything':
        return this.#all()
      case 'queued':
        return [...this.#queued, ...this.#asks.map(({ call }) => call)]
      case 'replies':
        return [this.#ownCall, ...this.#asks].map(({ answer }) => answer)
      case 'private-replies':
        return [this.#consoleCall.answer]
      case 'service-replies':
        return [this.#registryCall.answer]
    }
  }

  /** The inboxes in which a forged answer would be taken for a true one. */
  get inboxes(): readonly Ear[] {
    return this.#requests().map(({ inbox }) => inbox)
  }

  /** Resolves once all has arrived that will. */
  async arrived(): Promise<void> {
    const { device, console, unrestricted } = this.#victim
    const { registry } = this.#stage
    await Promise.all([device.barrier(), console.barrier(), registry.barrier()])
    await Promise.all([device.barrier(), registry.barrier(), unrestricted?.barrier()])
  }

  replies(): RepliesInFlight {
    const { ears } = this.#victim
    return {
      inbox: this.#ownCall.replySubject(ears),
      private: this.#consoleCall.replySubject(ears),
      service: this.#registryCall.replySubject(ears),
    }
  }

  /** Gives the true answers, and resolves once they have arrived. */
  async answer(): Promise<void> {
    const { device, console, ears } = this.#victim
    const { registry, registryEars } = this.#stage
    for (const request of [this.#ownCall, this.#consoleCall, this.#registryCall]) {
      const reply = request.replySubject(ears)
      if (reply !== undefined) device.publish(reply, answerPayload(request.answer.nonce))
    }
    for (const ask of this.#asks) {
      const reply = ask.replySubject(registryEars)
      if (reply !== undefined) registry.publish(reply, answerPayload(ask.answer.nonce))
    }
    await Promise.all([device.barrier(), registry.barrier()])
    await Promise.all([device.barrier(), console.barrier(), registry.barrier()])
  }

  /** What did not work that must. */
  failedControls(): ReadonlySet<ControlId> {
    const { ears, worker } = this.#victim
    const { registryEars } = this.#stage
    const heard = (canary: Canary, by: ReadonlySet<object>) => heardBy(canary, by) !== undefined
    const workers = new Set([worker])
    const worked: Readonly<Partial<Record<ControlId, boolean>>> = {
      event: heard(this.#event, ears),
      request: this.#ownCall.answered,
      'private-request': this.#consoleCall.answered,
      queue: this.#queued.every((canary) => heard(canary, workers)),
      'service-request': this.#registryCall.answered,
      'registry-hears': heard(this.#event, registryEars) && heard(this.#heartbeat, registryEars),
      'registry-asks': this.#asks.every((ask) => heard(ask.call, registryEars)),
      presence: heard(this.#offline, ears),
    }
    const failed = Object.entries(worked).filter(([, works]) => !works)
    return new Set(failed.map(([id]) => id as ControlId))
  }

  close(): void {
    for (const { inbox } of this.#requests()) inbox.close()
    this.#stage.canaries.release(this.#all())
  }

  #all(): readonly Canary[] {
    const calls = this.#requests().flatMap(({ call, answer }) => [call, answer])
    return [this.#event, this.#heartbeat, this.#offline, ...this.#queued, ...calls]
  }

  #requests(): readonly Request[] {
    return [...this.#asks, this.#ownCall, this.#consoleCall, this.#registryCall]
  }
}
