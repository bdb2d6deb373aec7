import type { Drive, DrivesSnapshot } from '#shared/contract/bundles.ts'
import type { BundleCalls } from '../../../src/main/router/bundles.ts'
import type { Scenario } from './state.ts'

const GIB = 1024 ** 3

/** Drives as a scripted main sees them: some, none, or no way to know. */
export function fakeDrives(scenario: Scenario): BundleCalls['subscribeDrives'] {
  return (listener) => {
    if (scenario !== 'loading') listener(drivesOf(scenario))
    return () => undefined
  }
}

function drivesOf(scenario: Scenario): DrivesSnapshot {
  if (scenario === 'failing') {
    return {
      type: 'snapshot',
      drives: [],
      problem: {
        code: 'DRIVES_UNKNOWN',
        kind: 'transient',
        message: 'Muster could not ask the system which drives there are: lsblk is not installed.',
        advice: 'Choose the folder of the stick instead, or try again.',
        details: {},
      },
    }
  }
  return { type: 'snapshot', drives: scenario === 'full' ? DRIVES : [], problem: null }
}

const DRIVES: Drive[] = [
  {
    id: 'kingston',
    name: 'KINGSTON',
    model: 'Kingston DataTraveler 3.0',
    serial: '60A44C413FC0F311',
    fileSystem: 'exFAT',
    bytes: 15.5 * GIB,
    freeBytes: 12.1 * GIB,
    path: '/media/kim/KINGSTON',
    state: 'ready',
    keepsPermissions: false,
  },
  {
    id: 'ssd',
    name: 'field-ssd',
    model: 'Samsung PSSD T7',
    serial: 'S5T3NJ0R800123',
    fileSystem: 'ext4',
    bytes: 465.8 * GIB,
    freeBytes: 401 * GIB,
    path: '/media/kim/field-ssd',
    state: 'ready',
    keepsPermissions: true,
  },
  {
    id: 'locked',
    name: 'SITE 14',
    model: 'SanDisk Cruzer Blade',
    serial: '4C530001230607116392',
    fileSystem: 'FAT32',
    bytes: 7.5 * GIB,
    freeBytes: 3.2 * GIB,
    path: '/media/kim/SITE 14',
    state: 'read-only',
    keepsPermissions: false,
  },
  {
    id: 'full',
    name: 'LOGS',
    model: 'Intenso Rainbow Line',
    serial: '15110700001234',
    fileSystem: 'FAT32',
    bytes: 3.7 * GIB,
    freeBytes: 4_096,
    path: '/media/kim/LOGS',
    state: 'ready',
    keepsPermissions: false,
  },
  {
    id: 'blank',
    name: 'Generic Flash Disk',
    model: null,
    serial: null,
    fileSystem: null,
    bytes: 31.2 * GIB,
    freeBytes: null,
    path: null,
    state: 'blank',
    keepsPermissions: true,
  },
]
