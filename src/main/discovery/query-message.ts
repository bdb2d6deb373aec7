/** A question, by its labels: dns-packet cannot write a label that holds a dot. */
export interface Question {
  readonly labels: readonly string[]
  readonly type: 'PTR' | 'SRV' | 'TXT' | 'A' | 'AAAA'
}

/** An instance that the asker knows already, so that it need not be told (RFC 6762, 7.1). */
export interface KnownAnswer {
  /** The instance's own label. */
  readonly label: string
  readonly ttlSeconds: number
}

export interface Query {
  readonly questions: readonly Question[]
  /** Known answers to the PTR question for the service. */
  readonly knownAnswers: readonly KnownAnswer[]
}

/** Fits every link's MTU with room for headers; larger packets would be fragments (section 17). */
const MAX_MESSAGE_BYTES = 1200
const TRUNCATED_BIT = 0x0200
const TYPE_CODES = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 } as const
const CLASS_IN = 1
const HEADER_BYTES = 12

/**
 * The datagrams that ask a query. Several questions share datagrams; known answers that do not fit
 * follow in more, each but the last marked truncated (RFC 6762, section 7.2). Every question asks
 * for a multicast answer: of several sockets on port 5353 only one would get a unicast one.
 */
export function encodeQuery(query: Query, serviceLabels: readonly string[]): Buffer[] {
  const messages: Message[] = []
  let message = new Message()
  for (const question of query.questions) {
    if (message.size > HEADER_BYTES && !message.fits(sizeOf(question))) {
      messages.push(message)
      message = new Message()
    }
    message.ask(question)
  }
  for (const answer of query.knownAnswers) {
    if (!message.fits(sizeOfKnown(answer, serviceLabels))) {
      messages.push(message.truncated())
      message = new Message()
    }
    message.know(serviceLabels, answer)
  }
  return [...messages, message].map((complete) => complete.bytes())
}

function sizeOf(question: Question): number {
  return question.labels.reduce((sum, label) => sum + Buffer.byteLength(label) + 1, 5)
}

/** At most: both names are usually pointers. */
function sizeOfKnown(answer: KnownAnswer, serviceLabels: readonly string[]): number {
  return sizeOf({ labels: [...serviceLabels, answer.label], type: 'PTR' }) + 10
}

class Message {
  readonly #parts: Buffer[] = []
  /** Where each name that was written stands, to point back to. */
  readonly #names = new Map<string, number>()
  #size = HEADER_BYTES
  #questions = 0
  #answers = 0
  #flags = 0

  get size(): number {
    return this.#size
  }

  fits(bytes: number): boolean {
    return this.#size + bytes <= MAX_MESSAGE_BYTES
  }

  ask(question: Question): void {
    this.#questions++
    this.#name(question.labels)
    this.#add(uint16(TYPE_CODES[question.type]), uint16(CLASS_IN))
  }

  know(service: readonly string[], answer: KnownAnswer): void {
    this.#answers++
    this.#name(service)
    this.#add(uint16(TYPE_CODES.PTR), uint16(CLASS_IN), uint32(answer.ttlSeconds))
    // The service's name was just written, so the instance is its own label and a pointer.
    const label = labelBytes(answer.label)
    this.#add(uint16(label.length + 2))
    this.#add(label)
    this.#name(service)
  }

  truncated(): this {
    this.#flags |= TRUNCATED_BIT
    return this
  }

  bytes(): Buffer {
    const header = [0, this.#flags, this.#questions, this.#answers, 0, 0].map(uint16)
    return Buffer.concat([...header, ...this.#parts])
  }

  /** Writes a name, its known end as a pointer (RFC 1035, section 4.1.4). */
  #name(labels: readonly string[]): void {
    for (let i = 0; i < labels.length; i++) {
      const rest = labels.slice(i).join('\0').toLowerCase()
      const at = this.#names.get(rest)
      if (at !== undefined) return this.#add(uint16(0xc000 | at))
      this.#names.set(rest, this.#size)
      this.#add(labelBytes(labels[i] ?? ''))
    }
    this.#add(Buffer.from([0]))
  }

  #add(...parts: Buffer[]): void {
    for (const part of parts) {
      this.#parts.push(part)
      this.#size += part.length
    }
  }
}

function labelBytes(label: string): Buffer {
  const bytes = Buffer.from(label)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
