import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

type Format = 'ext4' | 'exfat' | 'fat'

/** How each is made, and mounted where the kernel may not know it: by FUSE. */
const FORMATS: Readonly<
  Record<
    Format,
    { readonly make: readonly string[]; readonly mount: readonly string[]; readonly type: string }
  >
> = {
  ext4: { make: ['mkfs.ext4', '-q', '-m', '0'], mount: ['mount'], type: 'ext4' },
  exfat: { make: ['mkfs.exfat'], mount: ['mount.exfat-fuse'], type: 'exfat' },
  fat: { make: ['mkfs.vfat'], mount: ['fusefat', '-o', 'rw+,allow_other'], type: 'vfat' },
}

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()

function attempt(command: string, ...args: string[]): void {
  try {
    run(command, ...args)
  } catch {
    // Nothing was there to be undone.
  }
}

function mayMount(): boolean {
  if (process.platform !== 'linux') return refused('it is not Linux')
  if (process.getuid?.() !== 0) return refused('only root may mount')
  const missing = [
    'losetup',
    'mkfs.ext4',
    'mkfs.exfat',
    'mount.exfat-fuse',
    'mkfs.vfat',
    'fusefat',
  ].filter(
    (tool) => !['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((at) => existsSync(join(at, tool))),
  )
  if (missing.length > 0) return refused(`${missing.join(', ')} are not installed`)
  if (!existsSync('/dev/fuse') || !existsSync('/dev/loop-control')) {
    return refused('there is no /dev/fuse or no /dev/loop-control')
  }
  return triedToMount()
}

/** Root in a container may lack the right to mount, which shows only when it tries. */
function triedToMount(): boolean {
  const drives = new TestDrives()
  try {
    drives.plug({ format: 'ext4' })
    drives.plug({ format: 'exfat' })
    return true
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error))
  } finally {
    drives.close()
  }
}

function refused(why: string): false {
  process.stderr.write(`\n*** Tests with real removable drives are SKIPPED here: ${why}.\n`)
  return false
}

/**
 * Sticks for tests: images behind loop devices, with real file systems. What a loop device lacks, being plugged in by
 * USB and having a serial number, is said by an `lsblk` of ours that stands first on the path; everything else that is asked of the
 * system is the system's answer.
 */
export class TestDrives {
  // In memory where there is such a place: a loaded disk takes seconds for each flush.
  readonly folder = mkdtempSync(
    join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'muster-drives-'),
  )
  readonly #path = process.env['PATH']
  readonly #drives: TestDrive[] = []

  constructor() {
    const tool = join(this.folder, 'lsblk')
    writeFileSync(tool, `#!/bin/sh\ncat '${join(this.folder, 'lsblk.json')}'\n`)
    chmodSync(tool, 0o755)
    process.env['PATH'] = `${this.folder}${delimiter}${this.#path ?? ''}`
    this.tell()
  }

  plug(order: { format: Format; megabytes?: number; label?: string; serial?: string }): TestDrive {
    const drive = new TestDrive(this, { megabytes: 16, label: 'STICK', serial: 'SN-1', ...order })
    // Kept before it is mounted, so that it goes where that fails.
    this.#drives.push(drive)
    drive.mount()
    return drive
  }

  /** Writes what the stand-in of lsblk prints: this machine's own disks, and the sticks as if by USB. */
  tell(): void {
    const columns =
      'NAME,PATH,MAJ:MIN,TYPE,SIZE,RM,RO,HOTPLUG,TRAN,VENDOR,MODEL,SERIAL,LABEL,UUID,FSTYPE'
    const all = JSON.parse(run('/usr/bin/lsblk', '--json', '--bytes', '--output', columns)) as {
      blockdevices: Record<string, unknown>[]
    }
    const own = this.#drives.filter(({ plugged }) => plugged)
    const blockdevices = all.blockdevices.flatMap((device) => {
      const drive = own.find(({ device: path }) => path === device['path'])
      if (drive !== undefined) return [{ ...device, ...drive.asUsb() }]
      return device['type'] === 'loop' ? [] : [device]
    })
    writeFileSync(join(this.folder, 'lsblk.json'), JSON.stringify({ blockdevices }))
  }

  close(): void {
    for (const drive of this.#drives) drive.close()
    process.env['PATH'] = this.#path
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export class TestDrive {
  readonly image: string
  readonly device: string
  readonly serial: string
  readonly label: string
  readonly format: Format
  /** Where it is mounted, or was. */
  path = ''
  plugged = true
  readonly #drives: TestDrives
  readonly #made: string[] = []

  constructor(
    drives: TestDrives,
    order: { format: Format; megabytes: number; label: string; serial: string },
  ) {
    this.#drives = drives
    this.format = order.format
    this.label = order.label
    this.serial = order.serial
    this.image = join(mkdtempSync(join(drives.folder, 'image-')), 'image')
    writeFileSync(this.image, '')
    truncateSync(this.image, order.megabytes * 1024 * 1024)
    const [tool = '', ...args] = FORMATS[order.format].make
    run(tool, ...args, this.image)
    this.device = run('losetup', '--find', '--show', this.image)
  }

  /** Mounts it, at a place of its own unless one is named. */
  mount(at = this.#newPlace(), ...options: string[]): string {
    const [tool = '', ...args] = FORMATS[this.format].mount
    const more = this.format === 'fat' ? ['-o', `fsname=${this.device}`] : options
    run(tool, ...args, ...more, this.device, at)
    this.path = at
    this.#drives.tell()
    return at
  }

  unmount(): void {
    run('umount', this.path)
  }

  /** As a hand does it, while files are open: nothing is asked, nothing is flushed. */
  pull(): void {
    this.plugged = false
    const server = this.#fuseProcess()
    if (server !== undefined) process.kill(server, 'SIGKILL')
    run('umount', '-l', this.path)
    this.#drives.tell()
  }

  files(): string[] {
    return readdirSync(this.path)
      .filter((name) => name !== 'lost+found')
      .toSorted()
  }

  /** Changes one byte of the medium, beneath the file system, where this text stands. */
  damage(text: Uint8Array): void {
    const bytes = readFileSync(this.image)
    const at = bytes.indexOf(text)
    if (at === -1) throw new Error('this text is not on the medium')
    bytes[at] = (bytes[at] ?? 0) ^ 1
    // In place: the loop device has this very file open.
    writeFileSync(this.image, bytes, { flag: 'r+' })
  }

  asUsb(): Record<string, unknown> {
    return {
      type: 'disk',
      rm: true,
      hotplug: true,
      tran: 'usb',
      vendor: 'Test',
      model: 'Flash Disk',
      serial: this.serial,
      label: this.label,
      uuid: `UUID-${this.serial}`,
      fstype: FORMATS[this.format].type,
    }
  }

  close(): void {
    for (const place of this.#made) {
      attempt('umount', '-l', place)
      rmdirSync(place)
    }
    // The kernel may have let go of it already, when it was unmounted.
    attempt('losetup', '--detach', this.device)
  }

  #newPlace(): string {
    mkdirSync('/media', { recursive: true })
    const place = mkdtempSync('/media/muster test-')
    this.#made.push(place)
    return place
  }

  #fuseProcess(): number | undefined {
    if (this.format === 'ext4') return undefined
    const found = readdirSync('/proc').find((entry) => {
      if (!/^\d+$/u.test(entry)) return false
      try {
        const args = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0')
        return args.includes(this.device) && args.includes(this.path)
      } catch {
        return false
      }
    })
    return found === undefined ? undefined : Number(found)
  }
}

/** Whether tests about real file systems can run here; where they can not, it is said why. */
export const canMount = mayMount()
