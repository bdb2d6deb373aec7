/** A mount, as `/proc/self/mountinfo` tells of it. */
export interface Mount {
  /** `major:minor` of what is mounted; of FUSE it is none of a device. */
  readonly device: string
  /** What of the file system is mounted; `/` for all of it. */
  readonly root: string
  readonly path: string
  readonly fileSystem: string
  /** Mostly the path of a device. */
  readonly source: string
  readonly readOnly: boolean
}

/**
 * Reads `/proc/self/mountinfo` (proc_pid_mountinfo(5)): fields by spaces, then optional ones up to a lone dash; space, tab,
 * newline and backslash as octal numbers. A line that reads otherwise is left out.
 */
export function mountsIn(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ')
    const dash = fields.indexOf('-', 6)
    const [, , device, root, path, options] = fields
    const [fileSystem, source, superOptions] = dash === -1 ? [] : fields.slice(dash + 1)
    if (device === undefined || root === undefined || path === undefined) return []
    if (options === undefined || fileSystem === undefined || source === undefined) return []
    return [
      {
        device,
        root: plain(root),
        path: plain(path),
        fileSystem: plain(fileSystem),
        source: plain(source),
        readOnly: isReadOnly(options) || isReadOnly(superOptions ?? ''),
      },
    ]
  })
}

function isReadOnly(options: string): boolean {
  return options.split(',').includes('ro')
}

/** Bytes stand as they are, so that a name in UTF-8 stays whole. */
function plain(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/gu, (_all, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  )
}
