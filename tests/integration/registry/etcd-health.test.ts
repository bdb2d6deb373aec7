import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { EtcdHealth } from '../../../src/main/registry/etcd/etcd-health.ts'
import { openEtcd3Client } from '../../../src/main/registry/etcd/etcd3-client.ts'
import { EtcdGateway } from '../../support/etcd-gateway.ts'
import { startEtcd, type EtcdServer } from '../../support/etcd-server.ts'

const QUOTA_BYTES = 20 * 1024 * 1024

let etcd: EtcdServer

beforeAll(async () => {
  etcd = await startEtcd({ quotaBytes: QUOTA_BYTES })
})
afterAll(() => etcd.stop())

test('a defragmentation that takes long does not keep a registry from closing', async () => {
  const gateway = new EtcdGateway(etcd.url)
  while ((await gateway.databaseBytes()) < QUOTA_BYTES * 0.85) {
    await gateway.putAll([['/elsewhere/a', 'x'.repeat(200_000)]])
  }
  const client = openEtcd3Client({
    endpoints: [etcd.url],
    caPem: null,
    clientCertificate: null,
    user: null,
    compactAfterSeconds: null,
  })
  const begun = Promise.withResolvers<void>()
  const never = Promise.withResolvers<void>()
  const health = new EtcdHealth({
    // That of a few megabytes is done at once, and one of gigabytes takes a test too long.
    client: {
      ...client,
      defragment: () => {
        begun.resolve()
        return never.promise
      },
    },
    logger: silentLogger(),
    leads: () => true,
    compactAfterSeconds: null,
    lookEveryMs: 50,
  })
  health.start()
  await begun.promise
  await health.close()
  client.close()
  expect(health.findings.problem?.code).toBe('ETCD_QUOTA_WARNING')
})
