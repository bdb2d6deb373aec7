import { expect, test } from 'vitest'
import { mountsIn } from './mount-table.ts'

test('mounts are read with what is written as octal numbers, and optional fields', () => {
  const text = [
    '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard',
    String.raw`92 27 8:17 / /media/kim/SITE\04014\134x rw,nosuid shared:5 master:2 - vfat /dev/sdb1 ro,fmask=0022`,
    '93 27 8:33 /sub /media/kim/café ro,nosuid - fuseblk /dev/sdc1 rw,user_id=0',
    'something else',
    '',
  ].join('\n')
  expect(mountsIn(text)).toEqual([
    {
      device: '254:0',
      root: '/',
      path: '/',
      fileSystem: 'ext4',
      source: '/dev/vda',
      readOnly: false,
    },
    {
      device: '8:17',
      root: '/',
      path: String.raw`/media/kim/SITE 14\x`,
      fileSystem: 'vfat',
      source: '/dev/sdb1',
      readOnly: true,
    },
    {
      device: '8:33',
      root: '/sub',
      path: '/media/kim/café',
      fileSystem: 'fuseblk',
      source: '/dev/sdc1',
      readOnly: true,
    },
  ])
})
