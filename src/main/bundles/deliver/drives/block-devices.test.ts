import { expect, test } from 'vitest'
import { isOfTheSystem, isPluggable, Listing, type BlockDevice } from './block-devices.ts'

/** As lsblk 2.38 printed it on a laptop, cut down to what matters. */
const LAPTOP = `{"blockdevices": [
  {"name":"nvme0n1","path":"/dev/nvme0n1","maj:min":"259:0","type":"disk","size":512110190592,"rm":false,"ro":false,"hotplug":false,"tran":"nvme","vendor":null,"model":"SAMSUNG MZVLB512","serial":"S4","label":null,"uuid":null,"fstype":null,
    "children":[{"name":"nvme0n1p1","path":"/dev/nvme0n1p1","maj:min":"259:1","type":"part","size":536870912,"rm":false,"ro":false,"hotplug":false,"tran":"nvme","vendor":null,"model":null,"serial":null,"label":null,"uuid":"6A1B-22C3","fstype":"vfat"}]},
  {"name":"sda","path":"/dev/sda","maj:min":"8:0","type":"disk","size":15518924800,"rm":true,"ro":false,"hotplug":true,"tran":"usb","vendor":"Kingston","model":"DataTraveler_3.0","serial":"60A4","label":null,"uuid":null,"fstype":null,
    "children":[{"name":"sda1","path":"/dev/sda1","maj:min":"8:1","type":"part","size":15517876224,"rm":true,"ro":false,"hotplug":true,"tran":null,"vendor":null,"model":null,"serial":null,"label":"KINGSTON","uuid":"64A5-F009","fstype":"exfat"}]},
  {"name":"mmcblk0","path":"/dev/mmcblk0","maj:min":"179:0","type":"disk","size":31268536320,"rm":false,"ro":false,"hotplug":true,"tran":"mmc","vendor":null,"model":null,"serial":"0x1","label":null,"uuid":null,"fstype":null},
  {"name":"sr0","path":"/dev/sr0","maj:min":"11:0","type":"rom","size":1073741312,"rm":true,"ro":false,"hotplug":true,"tran":"usb","vendor":"HL","model":"DVD","serial":"K1","label":null,"uuid":null,"fstype":null}
]}`

const devices = Listing.parse(JSON.parse(LAPTOP)).blockdevices
const deviceOf = (name: string): BlockDevice => {
  const device = devices.find((one) => one.name === name)
  if (device === undefined) throw new Error(`no ${name}`)
  return device
}

test('what is plugged in by USB is pluggable; inner disks and readers of discs are not', () => {
  const pluggable = devices.filter((device) => isPluggable(device, null)).map(({ name }) => name)
  expect(pluggable).toEqual(['sda'])
})

test('a card counts, memory that is soldered in does not, and neither does what is not known', () => {
  const card = deviceOf('mmcblk0')
  expect(['SD', 'MMC', null].map((type) => isPluggable(card, type))).toEqual([true, false, false])
})

test.each([
  [[], false],
  [['/media/kim/KINGSTON'], false],
  [['/run/media/kim/KINGSTON', '/mnt'], false],
  [['/media/kim/KINGSTON', '/'], true],
  [['/boot/efi'], true],
  [['/home'], true],
  [['/var/lib/docker'], true],
  [['/mediathek'], true],
])('a stick that is mounted at %j is of the system: %s', (mounted, expected) => {
  expect(isOfTheSystem(deviceOf('sda'), mounted)).toBe(expected)
})

test.each(['swap', 'LVM2_member', 'linux_raid_member', 'zfs_member'])(
  'a stick with %s in it is of the system, though nothing of it is mounted',
  (fstype) => {
    const stick = deviceOf('sda')
    const [part] = stick.children ?? []
    if (part === undefined) throw new Error('no partition')
    expect(isOfTheSystem({ ...stick, children: [{ ...part, fstype }] }, [])).toBe(true)
  },
)
