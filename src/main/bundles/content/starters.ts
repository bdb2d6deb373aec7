import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StarterName } from '#shared/contract/bundles.ts'
import { InternalError } from '#shared/errors.ts'
import { safeName } from '../../files/safe-name.ts'
import { OPEN_MODE, SCRIPT_MODE, textFile, type ContentFile, type Parcel } from './content-file.ts'

/** Files of each starter, in `resources/starters`. */
const FILES: Readonly<Record<StarterName, readonly string[]>> = {
  'device-python': ['device.py', 'requirements.txt'],
  'device-typescript': ['device.ts', 'package.json'],
  greenhouse: ['greenhouse.py', 'requirements.txt'],
  agent: ['agent.py', 'requirements.txt'],
}

/** The folder of the starters: of the package, or of the project where nothing is packaged. */
export function startersFolder(resourcesFolder: string | null): string {
  if (resourcesFolder !== null) return join(resourcesFolder, 'starters')
  for (let at = import.meta.dirname; dirname(at) !== at; at = dirname(at)) {
    const folder = join(at, 'resources', 'starters')
    if (existsSync(folder)) return folder
  }
  return join(import.meta.dirname, 'starters')
}

/** The chosen starters as files of a bundle, beside its credentials. @throws InternalError `STARTER_MISSING`. */
export async function starterFiles(
  folder: string,
  names: readonly StarterName[],
  parcel: Pick<Parcel, 'tenant'> & { readonly inTenantFolder: boolean },
): Promise<ContentFile[]> {
  const root = parcel.inTenantFolder ? `${safeName(parcel.tenant)}/` : ''
  const wanted = [...new Set(names.flatMap((name) => FILES[name]))]
  return Promise.all(
    wanted.map(async (name) =>
      textFile(
        `${root}starters/${name}`,
        await textOf(folder, name),
        'starter',
        name.endsWith('.py') ? SCRIPT_MODE : OPEN_MODE,
      ),
    ),
  )
}

async function textOf(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8')
  } catch (error) {
    throw new InternalError({
      code: 'STARTER_MISSING',
      message: `The starter script ${name} is missing from this installation of Muster.`,
      advice: 'Install Muster again, or make the bundle without programs.',
      cause: error,
    })
  }
}
