import { startFleetLoad } from '/work/main/tests/support/fleet-load/fleet-load.ts'
import { startNatsServer } from '/work/main/tests/support/nats-server.ts'
import { startAloneRegistry } from '/work/main/tests/support/alone-registry.ts'
import { mkdtempSync, readFileSync } from 'node:fs'
const nats = await startNatsServer()
const folder = mkdtempSync('/tmp/muster-x-')
const prof = process.argv[2]
const reg = startAloneRegistry({
  folder,
  nodeArgs: prof ? ['--cpu-prof', '--cpu-prof-dir=/tmp/b-prof2'] : [],
  env: { NATS_URL: nats.url, MUSTER_REGISTRY_DATABASE: folder + '/r.db' },
})
await reg.serving()
const load = await startFleetLoad([nats.url])
const cpu = (pid: number) => {
  const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')
  return (Number(f[13]) + Number(f[14])) * 10
}
for (let i = 0; i < 4; i++) {
  await load.create({
    tenant: 't',
    prefix: 'a' + i,
    count: 10000,
    ttlSeconds: 3000,
    recordBytes: 600,
  })
  const a = cpu(reg.pid),
    n = cpu(nats.pid)
  const r = await load.register('a' + i, { inFlight: 64, retry: false })
  console.log(
    Math.round(1e7 / r.tookMs),
    '/s',
    r.times,
    'registry cpu',
    cpu(reg.pid) - a,
    'nats',
    cpu(nats.pid) - n,
    'took',
    r.tookMs,
  )
}
await load.close()
await reg.end('SIGTERM')
await nats.stop()
