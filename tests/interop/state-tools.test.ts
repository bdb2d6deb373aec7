import { afterAll, beforeAll, expect, test } from 'vitest'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  startSidecar,
  whenServing,
  type RunningSidecar,
} from '../integration/registry/running-sidecar.ts'
import { WireClient } from '../integration/registry/wire-device.ts'
import { startEtcd, type EtcdServer } from '../support/etcd-server.ts'
import { startNatsServer, type NatsServer } from '../support/nats-server.ts'
import { until } from '../support/until.ts'
import { deviceParams } from '../support/registry-parts.ts'
import { PythonProgram } from './python-program.ts'
import { describeWithReference } from './with-reference.ts'

const TENANT = 'state'
const RECORDS = `/device-connect/${TENANT}/devices/`

describeWithReference('statectl of the reference on our records in etcd', (python) => {
  let etcd: EtcdServer
  let server: NatsServer
  let sidecar: RunningSidecar
  let device: WireClient
  let folder: string

  beforeAll(async () => {
    ;[etcd, server] = await Promise.all([startEtcd(), startNatsServer()])
    sidecar = await startSidecar([server.url], {
      etcd: {
        endpoints: [etcd.url],
        caPem: null,
        clientCertificate: null,
        user: null,
        compactAfterSeconds: null,
      },
    })
    await whenServing(sidecar.supervisor)
    device = await WireClient.open(server.url)
    folder = await mkdtemp(join(tmpdir(), 'muster-statectl-'))
    await device.register(TENANT, 'soil-1', { device_ttl: 600 })
    await device.register(TENANT, 'soil-2', { device_ttl: 600 })
  })

  afterAll(async () => {
    await device?.close()
    await sidecar?.close()
    await Promise.all([server?.stop(), etcd?.stop()])
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  function statectl(...args: string[]): PythonProgram {
    const where = ['--host', etcd.host, '--port', String(etcd.port), '--raw']
    return new PythonProgram({
      python,
      command: ['-m', 'device_connect_server.statectl', ...where, ...args],
      folder,
    })
  }

  test('lists the devices of a tenant, and nothing else there', async () => {
    const list = statectl('--format', 'compact', 'list', `/device-connect/${TENANT}/`)
    expect(await list.ended()).toBe(0)
    expect(list.output.trim().split('\n')).toEqual([`${RECORDS}soil-1`, `${RECORDS}soil-2`])
  })

  test('gets a record as the registry hands it out', async () => {
    const get = statectl('get', `${RECORDS}soil-1`)
    expect(await get.ended()).toBe(0)
    const record = JSON.parse(get.output) as Record<string, unknown>
    expect(record).toEqual(await device.record(TENANT, 'soil-1'))
    expect(record).toMatchObject({ ...deviceParams('soil-1'), device_ttl: 600 })
  })

  test('watches a device come, change and go', async () => {
    const watch = statectl('watch', '--prefix', RECORDS)
    await watch.line('that it watches', (line) => line.startsWith('Watching'))
    // It prints keys as Python shows bytes.
    const tells = (type: string) => (line: string) =>
      line.includes(`${RECORDS}brief`) && line.includes(`"type": "${type}"`)
    // Its watch begins a moment after it says so: what is missed then comes again.
    let seen = false
    const put = watch.line('that it came', tells('PUT')).then(() => (seen = true))
    await until('the watch to see it', async () => {
      await device.register(TENANT, 'brief', { device_ttl: 1 })
      return seen
    })
    await put
    const gone = await watch.line('that it went', tells('DELETE'))
    expect(JSON.parse(gone)).toMatchObject({ value: null })
    await watch.stop()
  })
})
