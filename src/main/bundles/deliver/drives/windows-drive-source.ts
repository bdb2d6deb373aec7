import { z } from 'zod'
import { driveNotEjected } from './drive-errors.ts'
import { driveIdOf, worded } from './drive-id.ts'
import type { DriveSource, FoundDrive } from './drive-source.ts'
import { runTool, type ToolRun } from './run-tool.ts'
import { jsonOf } from './tool-json.ts'

/** A volume with the disk that it is on, as the storage module of Windows tells of them. */
const WindowsVolume = z.looseObject({
  BusType: z.string(),
  IsBoot: z.boolean(),
  IsSystem: z.boolean(),
  IsReadOnly: z.boolean(),
  FriendlyName: z.string().nullable(),
  SerialNumber: z.string().nullable(),
  UniqueId: z.string().nullable(),
  PartitionSize: z.number(),
  DriveLetter: z.string().nullable(),
  FileSystem: z.string().nullable(),
  Label: z.string().nullable(),
  Free: z.number().nullable(),
  Cluster: z.number().nullable(),
})
export type WindowsVolume = z.infer<typeof WindowsVolume>
export const WindowsVolumes = z.array(WindowsVolume)

/** What is plugged in from outside; a card reader that is built in counts as `SD`. */
const PLUGGABLE_BUSES = new Set(['USB', 'SD'])
const DEFAULT_CLUSTER_BYTES = 4_096

const LIST = `
$ErrorActionPreference = 'Stop'
[Console]::OutputEncoding = [Text.Encoding]::UTF8
$rows = foreach ($disk in Get-Disk) {
  foreach ($part in @(Get-Partition -DiskNumber $disk.Number -ErrorAction SilentlyContinue)) {
    $volume = $part | Get-Volume -ErrorAction SilentlyContinue
    $letter = if ([int]$part.DriveLetter -ne 0) { [string]$part.DriveLetter } else { $null }
    [pscustomobject]@{
      BusType = [string]$disk.BusType; IsBoot = [bool]$disk.IsBoot; IsSystem = [bool]$disk.IsSystem
      IsReadOnly = [bool]($disk.IsReadOnly -or $part.IsReadOnly)
      FriendlyName = $disk.FriendlyName; SerialNumber = $disk.SerialNumber
      UniqueId = if ($volume) { $volume.UniqueId } else { $null }
      PartitionSize = $part.Size; DriveLetter = $letter
      FileSystem = if ($volume) { $volume.FileSystem } else { $null }
      Label = if ($volume) { $volume.FileSystemLabel } else { $null }
      Free = if ($volume) { $volume.SizeRemaining } else { $null }
      Cluster = if ($volume) { $volume.AllocationUnitSize } else { $null }
    }
  }
}
ConvertTo-Json -Compress -InputObject @($rows)
`

/** The shell's own "Eject", which asks every program to let go, and then a look whether it is gone. */
const EJECT = `
$letter = $env:MUSTER_DRIVE
(New-Object -ComObject Shell.Application).Namespace(17).ParseName($letter).InvokeVerb('Eject')
for ($turn = 0; $turn -lt 40 -and (Test-Path $letter); $turn++) { Start-Sleep -Milliseconds 500 }
if (Test-Path $letter) { [Console]::Error.WriteLine('another program still uses it.'); exit 1 }
`

/** Drives as PowerShell's storage module tells of them. */
export class WindowsDriveSource implements DriveSource {
  async list(signal: AbortSignal): Promise<FoundDrive[]> {
    const volumes = jsonOf('PowerShell', await powerShell(LIST, signal), WindowsVolumes)
    return volumes.flatMap((volume) => windowsDrive(volume) ?? [])
  }

  mark(): Promise<null> {
    return Promise.resolve(null)
  }

  async eject(drive: FoundDrive, signal: AbortSignal): Promise<void> {
    const { code, complaint } = await powerShell(EJECT, signal, { MUSTER_DRIVE: drive.device })
    if (code !== 0) throw driveNotEjected(drive.label ?? drive.device, complaint)
  }
}

/** A volume of Windows'; undefined for what is not offered. */
export function windowsDrive(volume: WindowsVolume): FoundDrive | undefined {
  const { BusType, IsBoot, IsSystem, DriveLetter, PartitionSize: bytes } = volume
  if (IsBoot || IsSystem || !PLUGGABLE_BUSES.has(BusType)) return undefined
  const serial = worded(volume.SerialNumber)
  const model = worded(volume.FriendlyName)
  const letter = DriveLetter === null ? null : `${DriveLetter}:`
  return {
    id: driveIdOf({ serial, volume: volume.UniqueId, model, bytes, plug: letter ?? '' }),
    label: worded(volume.Label),
    model,
    serial,
    fileSystem: worded(volume.FileSystem),
    bytes,
    device: letter ?? model ?? 'a drive',
    mount:
      letter === null || worded(volume.FileSystem) === null
        ? null
        : {
            path: `${letter}\\`,
            readOnly: volume.IsReadOnly,
            freeBytes: volume.Free ?? 0,
            clusterBytes: volume.Cluster ?? DEFAULT_CLUSTER_BYTES,
            viaFuse: false,
          },
  }
}

function powerShell(
  script: string,
  signal: AbortSignal,
  environment: Readonly<Record<string, string>> = {},
): Promise<ToolRun> {
  const encoded = Buffer.from(script, 'utf16le').toString('base64')
  const args = ['-NoProfile', '-NonInteractive', '-EncodedCommand', encoded]
  return runTool('powershell.exe', args, { signal, environment })
}
