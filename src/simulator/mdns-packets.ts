import type { Answer, Question } from 'dns-packet'
import { toAnswer, type OwnRecord } from './mdns-records.ts'

/** Below the MTU of an Ethernet link, headers included. */
const MAX_PACKET_BYTES = 1400

/** A query as multicast-dns hands it over: its decoder always fills these. */
export interface IncomingQuery {
  readonly id: number
  readonly questions: Question[]
  readonly answers: Answer[]
  readonly flag_tc?: boolean
}

export interface OutgoingResponse {
  readonly id?: number
  readonly questions?: Question[]
  answers: Answer[]
  additionals: Answer[]
}

/**
 * Lays records out in packets of at most `MAX_PACKET_BYTES`; additionals go along where their
 * packet has room, and in packets of their own beyond that.
 */
export function packed(
  records: readonly OwnRecord[],
  additionals: readonly OwnRecord[],
  ttlSeconds?: number,
  encode = (record: OwnRecord): Answer => toAnswer(record, ttlSeconds),
): OutgoingResponse[] {
  const packets: OutgoingResponse[] = []
  let room = 0
  for (const [list, items] of [
    ['answers', records],
    ['additionals', additionals],
  ] as const) {
    for (const record of items) {
      let packet = packets.at(-1)
      if (packet === undefined || record.size > room) {
        packet = { answers: [], additionals: [] }
        packets.push(packet)
        room = MAX_PACKET_BYTES
      }
      // A packet of additionals alone would be an answer to nothing.
      packet[packet.answers.length === 0 ? 'answers' : list].push(encode(record))
      room -= record.size
    }
  }
  return packets
}
