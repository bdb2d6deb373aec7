import { randomUUID } from 'node:crypto'
import type { SavedFile } from '#shared/contract/common.ts'
import type {
  CredentialSource,
  Diagnosis,
  DoctorTarget,
  Finding,
  SubjectAnswer,
  SubjectQuestion,
} from '#shared/contract/doctor.ts'
import { RejectedError } from '#shared/errors.ts'
import { beginUse, type KeyAudit } from '../authority/key-use.ts'
import type { SaveFile } from '../files/saved-file.ts'
import { reachFindings, type Addresses } from './address-findings.ts'
import { cleanText, textOfBytes } from './credential-text.ts'
import { diagnose, type Patient } from './diagnose.ts'
import { diagnosisText } from './diagnosis-text.ts'
import { loginFindings, tryLogin } from './login-findings.ts'
import type { Surroundings } from './look-around.ts'
import { patientOfEntry, patientOfText } from './patient.ts'
import { answerSubject } from './subject-answer.ts'

/** How long a credential that was brought is held in memory, for a login or a question. */
const HELD_MS = 10 * 60_000
/** Credentials held at a time; the oldest goes first. */
const MAX_HELD = 8

export interface DoctorServiceOptions extends Surroundings {
  readonly audit: KeyAudit
  readonly saveFile: SaveFile
  /** Where the mesh in use is; undefined where there is none. */
  readonly mesh: () => { readonly servers: readonly string[]; readonly caPem?: string } | undefined
  /** The addresses that devices of this mesh are given. */
  readonly deviceUrls: () => readonly string[]
}

interface Case {
  readonly patient: Patient
  diagnosis: Diagnosis
  readonly timer: NodeJS.Timeout
}

/**
 * Says why a credential does not get in. What it is given may hold a seed: that stays in memory here for
 * some minutes, for a login that the person asks for, and never leaves.
 */
export class DoctorService {
  readonly #options: DoctorServiceOptions
  readonly #cases = new Map<string, Case>()

  constructor(options: DoctorServiceOptions) {
    this.#options = options
  }

  /**
   * Looks at a credential; nothing is sent anywhere but questions to this mesh's system account.
   * @throws RejectedError `CREDENTIAL_UNKNOWN`, `DEVICE_WITHOUT_CREDENTIAL`.
   */
  async diagnose(source: CredentialSource, signal: AbortSignal): Promise<Diagnosis> {
    const patient = this.#patient(source)
    const found = await diagnose(patient, this.#options, this.#options.deviceUrls(), signal)
    const diagnosis = { id: randomUUID(), at: this.#options.now().toISOString(), ...found }
    this.#hold(patient, diagnosis)
    return diagnosis
  }

  /** Whether its permissions let a subject through. @throws RejectedError `DIAGNOSIS_GONE`, `SUBJECT_INVALID`. */
  ask({ id, ...question }: SubjectQuestion): SubjectAnswer {
    const { permissions } = this.#case(id).diagnosis
    if (permissions === null) throw withoutPermissions()
    return answerSubject(permissions, question)
  }

  /** Connects to its addresses, or the mesh's, without logging in. @throws RejectedError `DIAGNOSIS_GONE`. */
  async reach(id: string, at: DoctorTarget, signal: AbortSignal): Promise<Diagnosis> {
    const held = this.#case(id)
    const found = await reachFindings(this.#addresses(held.patient, at), signal)
    return this.#replace(held, 'address', found)
  }

  /**
   * Logs in with it once and leaves. To servers and to this app it looks as if its user had connected.
   * @throws RejectedError `DIAGNOSIS_GONE`, `NO_SEED`; what the audit log throws.
   */
  async login(id: string, at: DoctorTarget, signal: AbortSignal): Promise<Diagnosis> {
    const held = this.#case(id)
    const { jwt, seed, user } = held.patient
    if (jwt === null || seed === null || user === null) throw withoutSeed()
    const addresses = this.#addresses(held.patient, at)
    const use = beginUse(this.#options.audit, user, {
      action: 'doctor-login',
      subjects: [addresses.urls.join(', ').replaceAll(/\/\/[^/@]*@/gu, '//')],
      reason: 'The access doctor was asked to try this login.',
    })
    try {
      const outcome = await tryLogin(addresses, { jwt, seed }, signal)
      const found = loginFindings(outcome, held.diagnosis.findings)
      if (outcome.type === 'let-in') use.done()
      else use.failed(new RejectedError({ code: 'LOGIN_REFUSED', message: '', advice: '' }))
      return this.#replace(held, 'login', found)
    } catch (thrown) {
      use.failed(thrown)
      throw thrown
    }
  }

  /** Saves the diagnosis as a text without secrets. @throws RejectedError `DIAGNOSIS_GONE`. */
  export(id: string): Promise<SavedFile> {
    const { diagnosis } = this.#case(id)
    const name = (diagnosis.facts.deviceId ?? diagnosis.facts.name ?? 'credential')
      .replaceAll(/[^A-Za-z0-9_-]+/gu, '-')
      .slice(0, 64)
    return this.#options.saveFile({
      name: `access-${name}.txt`,
      mediaType: 'text/plain',
      content: diagnosisText(diagnosis),
    })
  }

  /** Forgets a credential at once. */
  forget(id: string): void {
    const held = this.#cases.get(id)
    if (held === undefined) return
    clearTimeout(held.timer)
    this.#cases.delete(id)
  }

  close(): void {
    for (const id of this.#cases.keys()) this.forget(id)
  }

  #patient(source: CredentialSource): Patient {
    const { ledger } = this.#options.authority
    if (source.type === 'text') return patientOfText(cleanText(source.text), ledger)
    if (source.type === 'file') {
      return patientOfText(textOfBytes(Buffer.from(source.content, 'base64')), ledger)
    }
    if (source.type === 'credential') {
      const entry = ledger.entry(source.id)
      if (entry === undefined) throw unknownCredential()
      return patientOfEntry(entry)
    }
    const newest = ledger.credentialsOf(source).at(-1)
    const entry = newest === undefined ? undefined : ledger.entry(newest.id)
    if (entry === undefined) throw withoutCredential(source.deviceId)
    return patientOfEntry(entry)
  }

  #hold(patient: Patient, diagnosis: Diagnosis): void {
    const { id } = diagnosis
    const timer = setTimeout(() => this.forget(id), HELD_MS).unref()
    this.#cases.set(id, { patient, diagnosis, timer })
    const [oldest] = this.#cases.keys()
    if (this.#cases.size > MAX_HELD && oldest !== undefined) this.forget(oldest)
  }

  #case(id: string): Case {
    const held = this.#cases.get(id)
    if (held !== undefined) return held
    throw new RejectedError({
      code: 'DIAGNOSIS_GONE',
      message:
        'Muster has forgotten this credential; it keeps what it is shown for ten minutes only.',
      advice: 'Show it again.',
    })
  }

  #addresses({ urls, caPem }: Patient, at: DoctorTarget): Addresses {
    if (at === 'credential') return { urls, caPem }
    const mesh = this.#options.mesh()
    if (mesh === undefined) {
      throw new RejectedError({
        code: 'NO_MESH',
        message: 'There is no mesh in use whose server could be tried.',
        advice: 'Create or connect to a mesh, or use the addresses of the credential.',
      })
    }
    return { urls: mesh.servers, caPem: mesh.caPem ?? null }
  }

  /** Puts new findings of an area in the place of its former ones. */
  #replace(held: Case, area: Finding['area'], found: readonly Finding[]): Diagnosis {
    // What a JWT demands of the login itself stays.
    const kept = held.diagnosis.findings.filter(
      (one) => one.area !== area || (area === 'login' && !one.code.startsWith('LOGIN_')),
    )
    held.diagnosis = { ...held.diagnosis, findings: [...kept, ...found] }
    return held.diagnosis
  }
}

function unknownCredential(): RejectedError {
  return new RejectedError({
    code: 'CREDENTIAL_UNKNOWN',
    message: 'This credential is not in the ledger any more.',
    advice: 'Look at the list of credentials again, or show the file itself.',
  })
}

function withoutCredential(deviceId: string): RejectedError {
  return new RejectedError({
    code: 'DEVICE_WITHOUT_CREDENTIAL',
    message: `Muster issued no credential to ${deviceId}: it was commissioned elsewhere.`,
    advice: 'Show the credential file of the device instead.',
  })
}

function withoutSeed(): RejectedError {
  return new RejectedError({
    code: 'NO_SEED',
    message: 'Without the private seed nobody can log in with this credential, Muster included.',
    advice: 'Try it on the device, or show a file that holds the seed.',
  })
}

function withoutPermissions(): RejectedError {
  return new RejectedError({
    code: 'NO_PERMISSIONS',
    message: 'The JWT can not be read, so its permissions are not known.',
    advice: 'Show a credential that is not damaged.',
  })
}
