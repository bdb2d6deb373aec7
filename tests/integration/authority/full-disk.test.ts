import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// A full disk is one of some MiB, which takes Linux and the right to mount it.
const unshare = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt'])
const noMount = process.platform !== 'linux' || unshare.status !== 0

test.skipIf(noMount)(
  `a disk that fills up at any boundary of making a tenant, or under a kit, is told, and nothing is lost${noMount ? ' (skipped: no mounts here)' : ''}`,
  () => {
    const script = join(import.meta.dirname, 'support', 'full-disk.ts')
    const mounted = 'mount -t tmpfs -o size=8m none /mnt && exec "$0" "$1" /mnt'
    const child = spawnSync('unshare', ['-m', 'sh', '-c', mounted, process.execPath, script], {
      encoding: 'utf8',
      timeout: 170_000,
    })
    expect(child.stderr).toBe('')
    const told = JSON.parse(child.stdout) as { rounds: { step: string; code: string }[] }
    const steps = new Set(told.rounds.map(({ step }) => step.split(',')[0]))
    expect(steps).toEqual(new Set(['Make the keys', 'Record the tenant', 'Push the accounts']))
    for (const { step, ...round } of told.rounds) {
      // Database or vault, whichever is written first.
      expect([step, round]).toEqual([
        step,
        {
          code: expect.stringMatching(/^(?:DISK_FULL|VAULT_NOT_WRITTEN)$/u) as string,
          agrees: true,
          afterwards: true,
          lost: 0,
        },
      ])
    }
    expect(told).toMatchObject({ kit: 'FILE_NOT_WRITTEN', oldKitStays: true, leftovers: [] })
  },
)
