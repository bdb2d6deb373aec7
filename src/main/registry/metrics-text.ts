import { LATENCY_BOUNDS_S, type LatencyHistogram } from './latency-histogram.ts'

const PREFIX = 'muster_registry'
/** Tenants that have a line of their own; the rest share one, so that no tenant can fill a database. */
const MAX_TENANTS = 50

/** The content type of the text that `metricsText` makes. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** What a metric means, by the name under which the registry counts it. */
export interface MetricMeaning {
  readonly kind: 'counter' | 'gauge'
  readonly help: string
}

export interface MetricsReading {
  readonly numbers: Readonly<Record<string, number>>
  /** By tenant: how many of its devices are online. */
  readonly online: Iterable<readonly [tenant: string, devices: number]>
  /** By handler: how long it took. */
  readonly latencies: Readonly<Record<string, LatencyHistogram>>
}

/** A reading in the text format of Prometheus. */
export function metricsText(
  { numbers, online, latencies }: MetricsReading,
  meanings: Readonly<Record<string, MetricMeaning>>,
): string {
  const lines: string[] = []
  const describe = (name: string, kind: string, help: string) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`)
  }
  for (const [field, value] of Object.entries(numbers)) {
    const { kind, help } = meanings[field] ?? { kind: 'gauge', help: 'As the registry counts it.' }
    const name = `${PREFIX}_${snakeCase(field)}${kind === 'counter' ? '_total' : ''}`
    describe(name, kind, help)
    lines.push(`${name} ${value}`)
  }
  const tenants = `${PREFIX}_tenant_devices_online`
  describe(tenants, 'gauge', 'Devices online, of the largest tenants; the rest as other.')
  for (const [tenant, devices] of largest(online)) {
    lines.push(`${tenants}{tenant="${escaped(tenant)}"} ${devices}`)
  }
  const handlers = `${PREFIX}_handler_seconds`
  describe(handlers, 'histogram', 'Time to handle a message; heartbeats are sampled.')
  for (const [handler, latency] of Object.entries(latencies)) {
    lines.push(...histogramLines(handlers, handler, latency))
  }
  return `${lines.join('\n')}\n`
}

function histogramLines(name: string, handler: string, latency: LatencyHistogram): string[] {
  let below = 0
  const buckets = [...LATENCY_BOUNDS_S, Infinity].map((bound, index) => {
    below += latency.counts[index] ?? 0
    const end = bound === Infinity ? '+Inf' : String(bound)
    return `${name}_bucket{handler="${handler}",le="${end}"} ${below}`
  })
  return [
    ...buckets,
    `${name}_sum{handler="${handler}"} ${latency.sumSeconds}`,
    `${name}_count{handler="${handler}"} ${below}`,
  ]
}

function largest(online: MetricsReading['online']): (readonly [string, number])[] {
  const ranked = [...online].sort(([, one], [, other]) => other - one)
  const rest = ranked.slice(MAX_TENANTS).reduce((sum, [, devices]) => sum + devices, 0)
  const shown = ranked.slice(0, MAX_TENANTS)
  return ranked.length > MAX_TENANTS ? [...shown, ['other', rest]] : shown
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`)
}

function escaped(label: string): string {
  return label
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)
}
