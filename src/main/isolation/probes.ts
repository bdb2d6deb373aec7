import type { ProbeDescription, ProbeId } from '#shared/contract/isolation.ts'
import { judgeAccountAnswer, judgeAnyAnswer, judgeStreamAnswer } from './judge-answer.ts'
import {
  answerPayload,
  broadcastPayload,
  callPayload,
  eventPayload,
  heartbeatPayload,
  listPayload,
  offlinePayload,
} from './payloads.ts'
import { PROBE_CONSUMER, PROBE_QUEUE, type Target } from './target.ts'

/** What must work while an attack is under way, or its failure would prove nothing. */
export type ControlId =
  | 'event'
  | 'request'
  | 'private-request'
  | 'queue'
  | 'service-request'
  | 'registry-hears'
  | 'registry-asks'
  | 'presence'
  | 'jetstream'
  | 'system'

/** What a tap is after. Others would hear the same on `>`, and be told of more than once. */
export type Loot = 'everything' | 'queued' | 'replies' | 'private-replies' | 'service-replies'

/** A subscription that the attacker tries. */
export interface Tap {
  readonly subject: string
  readonly queue?: string
  readonly loot: Loot
  /** Whether a device's permissions should not even allow it. */
  readonly mustRefuse: boolean
}

/** A message that the attacker tries to send. */
export interface Shot {
  readonly subject: string
  readonly payload: (nonce: string) => string
  readonly mustRefuse: boolean
  /** Given, an answer is waited for, and this says whether it gives something of the victim away. */
  readonly leaks?: (answer: string) => boolean
}

/** A probe as data: what it tries; the round tries it, and sees what became of it. */
export interface Probe extends ProbeDescription {
  /** What it means when it gets through; follows on who did it. */
  crossing(victim: string): string
  taps?(target: Target): readonly Tap[]
  shots?(target: Target): readonly Shot[]
  readonly controls: readonly ControlId[]
  /** Only against victims with JetStream. */
  readonly needsStream?: true
}

/** What a device's permissions should not even allow. */
function refused<Try extends Tap | Shot>(parts: Omit<Try, 'mustRefuse'>): Try {
  return { ...parts, mustRefuse: true } as Try
}

export const PROBES: readonly Probe[] = [
  {
    id: 'publish',
    crossing: (victim) => `published into ${victim}, where it was heard`,
    title: 'Publish into another tenant',
    tries: 'Publishes an event, a command and a broadcast on the subjects of the other tenant.',
    expected: 'The server refuses, or nobody in the other tenant and no registry hears it.',
    severity: 'critical',
    controls: ['event', 'registry-hears'],
    shots: ({ subjects, tenant, device }) => [
      refused<Shot>({ subject: subjects.event(tenant, device, 'probe'), payload: eventPayload }),
      refused<Shot>({ subject: subjects.command(tenant, device), payload: callPayload }),
      refused<Shot>({
        subject: subjects.broadcast(tenant),
        payload: (nonce) => broadcastPayload(nonce, device),
      }),
    ],
  },
  {
    id: 'subscribe',
    crossing: (victim) => `listened to the traffic of ${victim}`,
    title: 'Listen to another tenant',
    tries: 'Subscribes to all subjects of the other tenant, by its name and by wildcards.',
    expected: 'The server refuses, or none of the other tenant’s traffic is heard.',
    severity: 'critical',
    controls: ['event', 'request', 'presence'],
    taps: ({ root, tenant }) => [
      refused<Tap>({ subject: `${root}.${tenant}.>`, loot: 'everything' }),
      refused<Tap>({ subject: `${root}.*.>`, loot: 'everything' }),
      refused<Tap>({ subject: '>', loot: 'everything' }),
    ],
  },
  {
    id: 'request',
    crossing: (victim) => `called a device of ${victim}`,
    title: 'Call a device of another tenant',
    tries: 'Sends a request to a device of the other tenant and waits for its answer.',
    expected: 'The server refuses, or the device never hears it and no answer comes.',
    severity: 'critical',
    controls: ['request'],
    shots: ({ subjects, tenant, device }) => [
      refused<Shot>({
        subject: subjects.command(tenant, device),
        payload: callPayload,
        leaks: judgeAnyAnswer,
      }),
    ],
  },
  {
    id: 'queue-theft',
    crossing: (victim) => `got messages that were queued for workers of ${victim}`,
    title: 'Steal work from a queue group',
    tries:
      'Joins the queue groups of the other tenant’s devices and of its registry, to get some of their messages in their place.',
    expected: 'The server refuses, or every message reaches its own worker.',
    severity: 'high',
    controls: ['queue', 'registry-asks'],
    taps: ({ subjects, tenant, device }) => [
      refused<Tap>({
        subject: subjects.command(tenant, device),
        loot: 'queued',
        queue: PROBE_QUEUE,
      }),
      refused<Tap>({ subject: subjects.registry(tenant), loot: 'queued', queue: 'registry' }),
      refused<Tap>({ subject: subjects.discovery(tenant), loot: 'queued', queue: 'orch' }),
    ],
  },
  {
    id: 'inbox-wiretap',
    crossing: (victim) => `read replies to clients of ${victim} on _INBOX.>`,
    title: 'Read replies on _INBOX.>',
    tries:
      'Subscribes to _INBOX.>, where NATS clients get their replies, while devices of the other tenant are being called.',
    expected: 'No reply of the other tenant is heard.',
    severity: 'critical',
    controls: ['request'],
    // Every device may listen there: its own replies come that way.
    taps: () => [{ subject: '_INBOX.>', loot: 'replies', mustRefuse: false }],
  },
  {
    id: 'private-inbox-wiretap',
    crossing: (victim) => `read replies on the private inbox of a console of ${victim}`,
    title: 'Read replies on private inboxes',
    tries:
      'Subscribes to _INBOX_*.>, *.> and the very inbox prefix of the other tenant’s console while it calls a device.',
    expected: 'The server refuses, or no reply to the console is heard.',
    severity: 'high',
    controls: ['private-request'],
    taps: ({ privatePrefix }) => [
      refused<Tap>({ subject: `${privatePrefix}.>`, loot: 'private-replies' }),
      refused<Tap>({ subject: '_INBOX_*.>', loot: 'private-replies' }),
      refused<Tap>({ subject: '*.>', loot: 'private-replies' }),
    ],
  },
  {
    id: 'service-reply-wiretap',
    crossing: (victim) => `read the answers of a device of ${victim} to the registry`,
    title: 'Read answers to the registry on _R_.>',
    tries:
      'Subscribes to _R_.>, where the server carries answers between accounts, while the registry calls a device of the other tenant.',
    expected: 'The server refuses, or no answer is heard.',
    severity: 'high',
    controls: ['service-request'],
    taps: () => [refused<Tap>({ subject: '_R_.>', loot: 'service-replies' })],
  },
  {
    id: 'forged-reply',
    crossing: (victim) =>
      `answered a request of ${victim} in place of its device, and the requester got the forged reply`,
    title: 'Forge a reply on _INBOX',
    tries:
      'Answers, in place of the device, a request of the other tenant that is in flight and whose inbox the attacker knows.',
    expected: 'The requester does not get the forged reply, and gets the true one.',
    severity: 'critical',
    controls: ['request'],
    shots: ({ replies }) =>
      replies.inbox === undefined
        ? []
        : [{ subject: replies.inbox, payload: answerPayload, mustRefuse: false }],
  },
  {
    id: 'forged-private-reply',
    crossing: (victim) => `answered a request of a console of ${victim} in place of its device`,
    title: 'Forge a reply on a private inbox',
    tries: 'The same with a request of the other tenant’s console, which has an inbox of its own.',
    expected: 'The server refuses, or the console does not get the forged reply.',
    severity: 'high',
    controls: ['private-request'],
    shots: ({ replies }) =>
      replies.private === undefined
        ? []
        : [refused<Shot>({ subject: replies.private, payload: answerPayload })],
  },
  {
    id: 'forged-service-reply',
    crossing: (victim) => `answered the registry in place of a device of ${victim}`,
    title: 'Forge an answer to the registry',
    tries:
      'Answers, in place of the device, a call of the registry that is in flight, on the server’s own _R_ subject.',
    expected: 'The server refuses, or the registry does not get the forged answer.',
    severity: 'high',
    controls: ['service-request'],
    shots: ({ replies }) =>
      replies.service === undefined
        ? []
        : [refused<Shot>({ subject: replies.service, payload: answerPayload })],
  },
  {
    id: 'jetstream',
    crossing: (victim) => `reached a JetStream stream of ${victim}`,
    title: 'Reach the other tenant’s streams',
    tries:
      'Asks the JetStream API for a stream of the other tenant: to list, read, fetch from, empty and delete it; and listens to JetStream’s notices.',
    expected: 'The server refuses, or knows no such stream in the attacker’s account.',
    severity: 'critical',
    controls: ['jetstream'],
    needsStream: true,
    taps: () => [refused<Tap>({ subject: '$JS.EVENT.>', loot: 'everything' })],
    shots: ({ stream }) => streamShots(stream),
  },
  {
    id: 'system-account',
    crossing: (victim) =>
      `learned from the system account about ${victim}, or reached what changes accounts`,
    title: 'Reach the system account',
    tries:
      'Listens to $SYS and asks the server about the other tenant’s account, its clients and all accounts, and to change accounts.',
    expected:
      'The server refuses or does not answer, and no notice about the other tenant is heard.',
    severity: 'critical',
    controls: ['system'],
    taps: ({ account }) => [
      refused<Tap>({ subject: `$SYS.ACCOUNT.${account}.>`, loot: 'everything' }),
    ],
    shots: ({ account }) => systemShots(account),
  },
  {
    id: 'registry-border',
    crossing: (victim) => `spoke to the registry as a device of ${victim}`,
    title: 'Speak to the registry as another tenant',
    tries: 'Sends a heartbeat and a registration on the other tenant’s subjects.',
    expected: 'The server refuses, or the registry does not hear it.',
    severity: 'critical',
    controls: ['registry-hears', 'registry-asks'],
    shots: ({ subjects, tenant, device }) => [
      refused<Shot>({
        subject: subjects.heartbeat(tenant, device),
        payload: (nonce) => heartbeatPayload(nonce, device),
      }),
      refused<Shot>({
        subject: subjects.registry(tenant),
        payload: callPayload,
        leaks: judgeAnyAnswer,
      }),
    ],
  },
  {
    id: 'forged-presence',
    crossing: (victim) => `told ${victim} in the registry’s name that a device went offline`,
    title: 'Declare a device of another tenant offline',
    tries: 'Publishes the registry’s notices device.offline and device.online in the other tenant.',
    expected: 'The server refuses, or nobody in the other tenant hears it.',
    severity: 'high',
    controls: ['presence'],
    shots: ({ subjects, tenant, device }) =>
      [subjects.offline(tenant), subjects.online(tenant)].map((subject) =>
        refused<Shot>({ subject, payload: (nonce) => offlinePayload(nonce, device) }),
      ),
  },
  {
    id: 'discovery',
    crossing: (victim) => `asked the registry for the fleet of ${victim}`,
    title: 'Ask for another tenant’s fleet',
    tries: 'Asks the registry’s discovery for devices on the other tenant’s subject.',
    expected: 'The server refuses, or no answer comes.',
    severity: 'critical',
    controls: ['registry-asks'],
    shots: ({ subjects, tenant }) => [
      refused<Shot>({
        subject: subjects.discovery(tenant),
        payload: listPayload,
        leaks: judgeAnyAnswer,
      }),
    ],
  },
]

/** The probe of an id. */
export function probesOf(ids: readonly ProbeId[]): readonly Probe[] {
  return PROBES.filter(({ id }) => ids.includes(id))
}

/** What the contract and the report say of a probe. */
export function descriptionOf(probe: Probe): ProbeDescription {
  const { id, title, tries, expected, severity } = probe
  return { id, title, tries, expected, severity }
}

function streamShots(stream: string): readonly Shot[] {
  const ask = (call: string, payload: string) =>
    refused<Shot>({
      subject: `$JS.API.${call}`,
      payload: () => payload,
      leaks: (answer: string) => judgeStreamAnswer(answer, stream),
    })
  return [
    ask('STREAM.NAMES', ''),
    ask(`STREAM.INFO.${stream}`, ''),
    ask(`STREAM.MSG.GET.${stream}`, '{"seq":1}'),
    ask(`CONSUMER.INFO.${stream}.${PROBE_CONSUMER}`, ''),
    // As a device fetches a queued command.
    ask(`CONSUMER.MSG.NEXT.${stream}.${PROBE_CONSUMER}`, '{"batch":1,"no_wait":true}'),
    ask(`STREAM.PURGE.${stream}`, ''),
    ask(`STREAM.DELETE.${stream}`, ''),
  ]
}

function systemShots(account: string): readonly Shot[] {
  const ask = (subject: string, leaks: (answer: string) => boolean, payload = '') =>
    refused<Shot>({ subject: `$SYS.REQ.${subject}`, payload: () => payload, leaks })
  const aboutAccount = (answer: string) => judgeAccountAnswer(answer, account)
  return [
    ask(`ACCOUNT.${account}.CONNZ`, aboutAccount),
    ask(`ACCOUNT.${account}.INFO`, aboutAccount),
    ask(`ACCOUNT.${account}.CLAIMS.LOOKUP`, judgeAnyAnswer),
    ask('CLAIMS.LIST', judgeAnyAnswer),
    // No JWT, so that a server that did listen would have nothing to do.
    ask('CLAIMS.UPDATE', judgeAnyAnswer, 'probe'),
    ask('CLAIMS.DELETE', judgeAnyAnswer, 'probe'),
  ]
}
