import type { HealthComponent, HealthUpdate, Notice } from '#shared/contract/health.ts'

/** Notices that are kept for a window that opens later; the oldest goes first. */
const MAX_NOTICES = 100

export type ComponentName = HealthComponent['name']

/** What a part of the app says of itself. */
export interface ComponentReport {
  readonly state: HealthComponent['state']
  /** One sentence, for example `Running, 3 devices online`. */
  readonly summary: string
  readonly problem?: HealthComponent['problem']
}

export interface HealthServiceOptions {
  readonly now?: () => Date
}

/** What works and what does not, component by component, and what the person should know of. */
export class HealthService {
  private readonly now: () => Date
  private readonly components = new Map<ComponentName, HealthComponent>()
  private readonly listeners = new Set<(update: HealthUpdate) => void>()
  private notices: Notice[] = []
  private lastNoticeId = 0

  constructor(options: HealthServiceOptions = {}) {
    this.now = options.now ?? (() => new Date())
  }

  /** Sets a component's state. `since` moves only when the state itself changes. */
  report(name: ComponentName, report: ComponentReport): void {
    const before = this.components.get(name)
    const problem = report.problem ?? null
    if (
      before?.state === report.state &&
      before.summary === report.summary &&
      before.problem?.code === problem?.code &&
      before.problem?.message === problem?.message
    ) {
      return
    }
    const component: HealthComponent = {
      name,
      state: report.state,
      summary: report.summary,
      problem,
      since: before?.state === report.state ? before.since : this.now().toISOString(),
    }
    this.components.set(name, component)
    this.emit({ type: 'component', component })
  }

  /** Tells the person of something that happened. */
  notify(notice: Pick<Notice, 'level' | 'title' | 'text'>): void {
    this.lastNoticeId += 1
    const entry: Notice = { id: this.lastNoticeId, at: this.now().toISOString(), ...notice }
    this.notices = [...this.notices, entry].slice(-MAX_NOTICES)
    this.emit({ type: 'notice', notice: entry })
  }

  /** Hears all components and the newest notices at once, then each change. */
  readonly subscribe = (listener: (update: HealthUpdate) => void): (() => void) => {
    this.listeners.add(listener)
    listener({
      type: 'snapshot',
      components: [...this.components.values()],
      notices: this.notices,
    })
    return () => void this.listeners.delete(listener)
  }

  private emit(update: HealthUpdate): void {
    for (const listener of this.listeners) listener(update)
  }
}
