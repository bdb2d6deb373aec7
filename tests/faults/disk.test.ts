import { spawnSync } from 'node:child_process'
import { copyFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { SCALE } from './support/scale.ts'
import { Scene, UNHARMED } from './support/scene.ts'

const SMALL_DISK = 'mount -t tmpfs -o size=8m none /mnt && exec "$@"'
const NEWCOMERS = 200

const tried = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt'])
const noMount = process.platform !== 'linux' || tried.status !== 0

test.skipIf(noMount)(
  'a full disk loses nobody, and all is saved when there is room',
  async (context) => {
    const scene = await Scene.open(context)
    // A disk of its own, seen by the registry alone; from outside it is below /proc.
    const registry = await scene.startRegistry(
      { MUSTER_REGISTRY_DATABASE: '/mnt/registry.db' },
      { wrapper: ['unshare', '-m', 'sh', '-c', SMALL_DISK, 'sh'] },
    )
    const disk = `/proc/${registry.pid}/root/mnt`
    const fleet = await scene.fleet()
    scene.strike()
    await fill(`${disk}/filler`)
    await scene.newcomers('newcomer', NEWCOMERS)
    await until('the registry to complain', () => registry.output().includes('could not be saved'))
    await pause(SCALE.ttlSeconds * 1000)
    await rm(`${disk}/filler`)
    await scene.recovered(fleet)
    const saved = async () => (await savedDevices(disk, scene.folder)) === SCALE.devices + NEWCOMERS
    await until('everything to be saved', saved, SCALE.recoveryMs)
    expect(await scene.verdict('disk full under SQLite', fleet)).toEqual(UNHARMED)
  },
)

/** Takes all the room there is. */
async function fill(path: string): Promise<void> {
  const chunk = Buffer.alloc(64 * 1024)
  for (;;) {
    try {
      await writeFile(path, chunk, { flag: 'a' })
    } catch {
      return
    }
  }
}

/** Counts in a copy: SQLite would follow the way through /proc to the disk that we see ourselves. */
async function savedDevices(disk: string, folder: string): Promise<number> {
  const copy = join(folder, 'copy.db')
  for (const part of ['', '-wal']) await copyFile(`${disk}/registry.db${part}`, copy + part)
  const database = new DatabaseSync(copy)
  try {
    const count = database.prepare('SELECT count(*) AS rows FROM registry_devices')
    return Number(count.get()?.['rows'])
  } finally {
    database.close()
    await Promise.all(['-wal', '-shm'].map((part) => rm(copy + part, { force: true })))
  }
}
