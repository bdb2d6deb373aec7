import type { ProbeOutcome } from '#shared/contract/isolation.ts'
import { heardBy, type Canaries, type Canary } from './canaries.ts'
import type { Attacker } from './party.ts'
import { NO_RESPONDERS, type Ear } from './probe-connection.ts'
import type { Loot, Probe, Shot, Tap } from './probes.ts'
import type { Target } from './target.ts'

/** What came of one thing that was tried. */
export interface Attempt {
  readonly outcome: ProbeOutcome
  /** Such as `subscribe _INBOX.>`. */
  readonly action: string
  readonly saw: string
  /** It was let through where a device's permissions should have refused it. */
  readonly unrefused: boolean
}

interface TriedTap {
  readonly tap: Tap
  readonly ear: Ear
}

interface TriedShot {
  readonly shot: Shot
  readonly canary: Canary
  readonly inbox: Ear | undefined
  answer: string | undefined
}

/** How long an answer of JetStream's, which works beside the connections, is waited for. */
const STREAM_ANSWER_TIMEOUT_MS = 2_000
const SHOWN_ANSWER_CHARS = 120

/** One attacker's attempts at one victim: first it listens, then it shoots, then it is judged. */
export class Attack {
  readonly #attacker: Attacker
  readonly #canaries: Canaries
  readonly #taps = new Map<Probe, readonly TriedTap[]>()
  readonly #shots = new Map<Probe, readonly TriedShot[]>()
  readonly #echoes: Canary[] = []
  /** A subject that the attacker may publish on, so that it can tell whether it hears itself. */
  readonly #ownSubject: string

  constructor(attacker: Attacker, canaries: Canaries, ownSubject: string) {
    this.#attacker = attacker
    this.#canaries = canaries
    this.#ownSubject = ownSubject
  }

  /** Opens the taps; after a barrier it is known which of them the server refused. */
  async listen(probes: readonly Probe[], target: Target): Promise<void> {
    const { connection } = this.#attacker
    connection.forgetRefusals()
    for (const probe of probes) {
      const taps = probe.taps?.(target) ?? []
      this.#taps.set(
        probe,
        taps.map((tap) => ({ tap, ear: this.#tap(tap) })),
      )
    }
    await connection.barrier()
    this.#echo()
    await connection.barrier()
  }

  /** Fires the shots; after it returns all that could be delivered is on its way. */
  async shoot(probes: readonly Probe[], target: Target): Promise<void> {
    const { connection } = this.#attacker
    for (const probe of probes) {
      const shots = probe.shots?.(target) ?? []
      this.#shots.set(
        probe,
        shots.map((shot) => this.#fire(shot)),
      )
    }
    await connection.barrier()
    await this.#streamAnswers()
  }

  /** Whether anything was let through to JetStream, whose answers come when they come. */
  async #streamAnswers(): Promise<void> {
    const { connection, hasJetStream } = this.#attacker
    const asked = [...this.#shots.values()]
      .flat()
      .some(({ shot }) => isStreamApi(shot) && !connection.refusedPublish(shot.subject))
    if (!asked || hasJetStream !== true) return
    // Asked last, answered last: by then the answers to all before have come.
    await connection.ask('$JS.API.INFO', '', STREAM_ANSWER_TIMEOUT_MS)
  }

  /**
   * What came of a probe.
   * @param secrets what only the victim's side may hear, by what it is
   * @param strangers ears that must not hear the attacker
   */
  judge(
    probe: Probe,
    secrets: (loot: Loot) => readonly Canary[],
    strangers: ReadonlySet<object>,
    account: string,
  ): Attempt[] {
    const taps = (this.#taps.get(probe) ?? []).map((tried) => this.#judgeTap(tried, secrets))
    const shots = (this.#shots.get(probe) ?? []).map((tried) => this.#judgeShot(tried, strangers))
    const system = probe.id === 'system-account' ? this.#judgeSystemTaps(account) : []
    return [...taps, ...shots, ...system]
  }

  close(): void {
    for (const { ear } of [...this.#taps.values()].flat()) ear.close()
    const shots = [...this.#shots.values()].flat()
    for (const { inbox } of shots) inbox?.close()
    this.#canaries.release([...this.#echoes, ...shots.map(({ canary }) => canary)])
  }

  #tap({ subject, queue }: Tap): Ear {
    return this.#attacker.connection.listen(
      subject,
      (message, ear) =>
        this.#canaries.hear(message.data, {
          ear,
          subject: message.subject,
          reply: message.reply,
        }),
      queue,
    )
  }

  /** The attacker speaks where its taps should hear it: one that is deaf proves nothing. */
  #echo(): void {
    const { connection } = this.#attacker
    const subjects = new Set([this.#ownSubject, `_INBOX.${this.#ownSubject.replaceAll('.', '-')}`])
    for (const { tap, ear } of [...this.#taps.values()].flat()) {
      if (!ear.refused) subjects.add(subjectWithin(tap.subject))
    }
    for (const subject of subjects) {
      const canary = this.#canaries.mint()
      this.#echoes.push(canary)
      connection.publish(subject, canary.nonce)
    }
  }

  #fire(shot: Shot): TriedShot {
    const { connection } = this.#attacker
    const canary = this.#canaries.mint()
    const reply = `_INBOX.${canary.nonce}`
    const tried: TriedShot = {
      shot,
      canary,
      answer: undefined,
      inbox:
        shot.leaks === undefined
          ? undefined
          : connection.listen(reply, (message) => {
              if (message.headers?.code !== NO_RESPONDERS) tried.answer ??= message.string()
            }),
    }
    const payload = shot.payload(canary.nonce)
    if (shot.leaks === undefined) connection.publish(shot.subject, payload)
    else connection.publish(shot.subject, payload, reply)
    return tried
  }

  #judgeTap({ tap, ear }: TriedTap, secrets: (loot: Loot) => readonly Canary[]): Attempt {
    const action = `subscribe ${tap.subject}${tap.queue === undefined ? '' : ` in queue ${tap.queue}`}`
    if (ear.refused) return refused(action)
    const heard = secrets(tap.loot).flatMap((canary) => heardBy(canary, new Set([ear])) ?? [])
    const [first] = heard
    if (first !== undefined) {
      const saw = `heard ${heard.length === 1 ? 'a message' : `${heard.length} messages`} of the other tenant, such as one on ${first.subject}`
      return { outcome: 'crossed', action, saw, unrefused: tap.mustRefuse }
    }
    // In a queue group another member may get the echo.
    const isLive =
      tap.queue !== undefined ||
      this.#echoes.some((echo) => heardBy(echo, new Set([ear])) !== undefined)
    return isLive
      ? { outcome: 'held', action, saw: 'heard nothing', unrefused: tap.mustRefuse }
      : { outcome: 'inconclusive', action, saw: 'did not even hear itself', unrefused: false }
  }

  #judgeShot({ shot, canary, answer }: TriedShot, strangers: ReadonlySet<object>): Attempt {
    const action = `${shot.leaks === undefined ? 'publish' : 'request'} ${shot.subject}`
    const heard = heardBy(canary, strangers)
    if (heard !== undefined) {
      const saw = `was delivered to the other tenant’s side, on ${heard.subject}`
      return { outcome: 'crossed', action, saw, unrefused: shot.mustRefuse }
    }
    if (answer !== undefined && shot.leaks?.(answer) === true) {
      const saw = `was answered: ${shortened(answer)}`
      return { outcome: 'crossed', action, saw, unrefused: shot.mustRefuse }
    }
    if (this.#attacker.connection.refusedPublish(shot.subject)) return refused(action)
    const saw = shot.leaks === undefined ? 'reached nobody' : 'got no answer that tells anything'
    return { outcome: 'held', action, saw, unrefused: shot.mustRefuse }
  }

  #judgeSystemTaps(account: string): Attempt[] {
    return this.#attacker.systemTaps.map(({ ear, accounts }) => {
      const action = `subscribe ${ear.subject}`
      if (ear.refused) return refused(action)
      return accounts.has(account)
        ? {
            outcome: 'crossed',
            action,
            saw: 'heard notices of the server about the other tenant’s account',
            unrefused: true,
          }
        : { outcome: 'held', action, saw: 'heard nothing about it', unrefused: true }
    })
  }
}

function refused(action: string): Attempt {
  return { outcome: 'refused', action, saw: 'the server refused it', unrefused: false }
}

/** A subject that a pattern covers. A wildcard is a whole token: the one in `_INBOX_*` is a letter. */
function subjectWithin(pattern: string): string {
  const tokens = pattern.split('.')
  return tokens.map((token) => (token === '*' || token === '>' ? 'echo' : token)).join('.')
}

function isStreamApi({ subject }: Shot): boolean {
  return subject.startsWith('$JS.API.')
}

/** As much of an answer as may stand in a report: no credential, whatever it held. */
function shortened(answer: string): string {
  const plain = answer.replaceAll(/eyJ[\w-]*(?:\.[\w-]*)*/gu, '(JWT)').replaceAll(/\s+/gu, ' ')
  return plain.length > SHOWN_ANSWER_CHARS ? `${plain.slice(0, SHOWN_ANSWER_CHARS)}…` : plain
}
