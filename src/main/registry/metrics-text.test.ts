import { expect, test } from 'vitest'
import { LatencyHistogram } from './latency-histogram.ts'
import { metricsText } from './metrics-text.ts'

const LINE =
  /^(?:# (?:HELP|TYPE) .+|[a-z_]+(?:\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+)$/u

function text(online: [string, number][] = []) {
  const registration = new LatencyHistogram()
  for (const milliseconds of [0.004, 0.2, 0.2, 30, 20_000]) registration.note(milliseconds)
  return metricsText(
    { numbers: { heartbeats: 7, devicesOnline: 3, odd: 1 }, online, latencies: { registration } },
    {
      heartbeats: { kind: 'counter', help: 'Heartbeats that came.' },
      devicesOnline: { kind: 'gauge', help: 'Devices online.' },
    },
  )
}

test('every line is one that Prometheus reads, each metric with its meaning and kind', () => {
  const lines = text([['a"b\\c\n', 2]])
    .trimEnd()
    .split('\n')
  for (const line of lines) expect(line).toMatch(LINE)
  expect(lines).toContain('# TYPE muster_registry_heartbeats_total counter')
  expect(lines).toContain('muster_registry_heartbeats_total 7')
  expect(lines).toContain('muster_registry_devices_online 3')
  expect(lines).toContain(String.raw`muster_registry_tenant_devices_online{tenant="a\"b\\c\n"} 2`)
})

test('buckets of a histogram hold what is below them, and the last one everything', () => {
  const bucket = (end: string) =>
    `muster_registry_handler_seconds_bucket{handler="registration",le="${end}"}`
  const lines = text()
  expect(lines).toContain(`${bucket('0.00001')} 1\n`)
  expect(lines).toContain(`${bucket('0.0005')} 3\n`)
  expect(lines).toContain(`${bucket('0.05')} 4\n`)
  expect(lines).toContain(`${bucket('+Inf')} 5\n`)
  expect(lines).toContain('handler_seconds_count{handler="registration"} 5\n')
})

test('many tenants share a line: no tenant can fill the database that scrapes', () => {
  const tenants = Array.from({ length: 80 }, (_, number): [string, number] => [
    `t${number}`,
    number,
  ])
  const lines = text(tenants)
    .split('\n')
    .filter((line) => line.includes('{tenant='))
  expect(lines.length).toBe(51)
  expect(lines.at(-1)).toBe('muster_registry_tenant_devices_online{tenant="other"} 435')
})
