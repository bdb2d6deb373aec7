/** A volume on a drive that can be taken away, as the operating system tells of it. */
export interface FoundDrive {
  /**
   * The same for as long as it is the same volume of the same drive, wherever it is mounted; another one for every
   * other drive.
   */
  readonly id: string
  /** What its owner called it; null where it has no name. */
  readonly label: string | null
  /** Maker and type of the device, as it says of itself. */
  readonly model: string | null
  readonly serial: string | null
  /** As the system calls it, such as `vfat`, `exfat`, `ext4`; null where there is none that it can read. */
  readonly fileSystem: string | null
  readonly bytes: number
  /** What the system takes to unmount it: a path of a device, a drive letter. */
  readonly device: string
  readonly mount: DriveMount | null
}

export interface DriveMount {
  readonly path: string
  readonly readOnly: boolean
  readonly freeBytes: number
  /** Every file takes a multiple of this. */
  readonly clusterBytes: number
  /** Whether the file system runs outside of the kernel, which then remembers the device beside the files. */
  readonly viaFuse: boolean
}

/** Drives of one operating system. */
export interface DriveSource {
  /**
   * Volumes of removable drives. Never of one that the system lives on; in doubt it is left out.
   * @throws TransientError `DRIVES_UNKNOWN`.
   */
  list(signal: AbortSignal): Promise<FoundDrive[]>
  /** Changes when a drive came, went or was mounted; cheap. Null where only `list` can tell. */
  mark(): Promise<string | null>
  /**
   * Makes it safe to pull the whole drive.
   * @throws TransientError `DRIVE_NOT_EJECTED` with what to do by hand.
   */
  eject(drive: FoundDrive, signal: AbortSignal): Promise<void>
}
