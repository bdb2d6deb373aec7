import { isReservedByWindows } from '#shared/protocol/tenant-names.ts'

/** What a file system can't take, and does not keep. */
export interface FileSystemLimits {
  /** Its name, as people know it. */
  readonly name: string
  readonly maxFileBytes: number
  /** Whether it knows whose a file is; else everybody who plugs the drive in reads everything. */
  readonly keepsPermissions: boolean
  /** Whether names are those of Windows. */
  readonly windowsNames: boolean
}

const UNLIMITED = Number.MAX_SAFE_INTEGER
/** A file's size is 32 bits on FAT (fatgen103, "DIR_FileSize"). */
const FAT_MAX_FILE_BYTES = 2 ** 32 - 1

const FAT: FileSystemLimits = {
  name: 'FAT',
  maxFileBytes: FAT_MAX_FILE_BYTES,
  keepsPermissions: false,
  windowsNames: true,
}
const EXFAT: FileSystemLimits = { ...FAT, name: 'exFAT', maxFileBytes: UNLIMITED }

const KNOWN: Readonly<Record<string, FileSystemLimits>> = {
  vfat: FAT,
  msdos: FAT,
  fat: FAT,
  fat12: { ...FAT, name: 'FAT12' },
  fat16: { ...FAT, name: 'FAT16' },
  fat32: { ...FAT, name: 'FAT32' },
  fusefat: FAT,
  exfat: EXFAT,
  ntfs: { ...EXFAT, name: 'NTFS' },
  ntfs3: { ...EXFAT, name: 'NTFS' },
  hfs: posix('HFS+'),
  hfsplus: posix('HFS+'),
  apfs: posix('APFS'),
}

/** By the name that the system gives a file system. One that is not known counts as one of Unix. */
export function limitsOf(fileSystem: string | null): FileSystemLimits {
  if (fileSystem === null) return posix('unknown')
  const plain = fileSystem.toLowerCase().replace(/^fuse\./u, '')
  return KNOWN[plain.replace(/-fuse$/u, '')] ?? posix(fileSystem)
}

function posix(name: string): FileSystemLimits {
  return { name, maxFileBytes: UNLIMITED, keepsPermissions: true, windowsNames: false }
}

const WINDOWS_NEVER = /[<>:"/\\|?*\p{Cc}]/u
const MAX_NAME_LENGTH = 255

/**
 * Why a file may not be called so there, as a sentence; undefined where it may. The rules are those of Windows
 * (learn.microsoft.com, "Naming Files, Paths, and Namespaces"), since that is where such sticks go.
 */
export function fileNameProblem(name: string, limits: FileSystemLimits): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return `${name.slice(0, 40)}… is too long a name.`
  if (!limits.windowsNames) return undefined
  const [never] = WINDOWS_NEVER.exec(name) ?? []
  if (never !== undefined) return `${name} has a “${never}” in its name.`
  if (/[. ]$/u.test(name)) return `${name} ends in a dot or a space.`
  const [base = ''] = name.split('.')
  return isReservedByWindows(base.trimEnd())
    ? `Windows keeps the name ${base} for a device.`
    : undefined
}
