import { drivesUnknown } from './drive-errors.ts'
import type { DriveSource } from './drive-source.ts'
import { LinuxDriveSource } from './linux-drive-source.ts'
import { MacDriveSource } from './mac-drive-source.ts'
import { WindowsDriveSource } from './windows-drive-source.ts'

/** Drives of the operating system that Muster runs on. */
export function driveSourceHere(platform: NodeJS.Platform = process.platform): DriveSource {
  if (platform === 'linux') return new LinuxDriveSource()
  if (platform === 'darwin') return new MacDriveSource()
  if (platform === 'win32') return new WindowsDriveSource()
  const unknown = () =>
    Promise.reject(drivesUnknown(platform, 'is a system that Muster does not know the drives of.'))
  return { list: unknown, mark: () => Promise.resolve(null), eject: unknown }
}
