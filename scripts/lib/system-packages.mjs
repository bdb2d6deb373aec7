import { existsSync } from 'node:fs'
import { outputOf, PlainFailure, run, succeeds } from './run.mjs'

/**
 * What Muster needs of the operating system: how to see that it is there, and what each package
 * manager calls it. `find` is a command or a path that exists once it is installed; `instead` is
 * what does where that can't be had. Without what is `optional` the tests about it are skipped.
 */
const NEEDS = {
  'nats-server': {
    find: ['nats-server', '/usr/sbin/nats-server'],
    apt: ['nats-server'],
    brew: ['nats-server'],
    winget: ['NATSAuthors.NATSServer'],
    help: 'Get nats-server 2.9 or newer from https://nats.io/download and put it on the PATH.',
  },
  etcd: {
    find: ['etcd'],
    apt: ['etcd-server'],
    brew: ['etcd'],
    help: 'Install etcd 3.4 or newer.',
  },
  // Of Debian's Chromium the shell alone: what the whole browser does around a page is half its work.
  chromium: {
    find: [
      '/usr/lib/chromium/chromium-headless-shell',
      'google-chrome',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      'C:/Program Files/Google/Chrome/Application/chrome.exe',
      'C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe',
    ],
    instead: ['chromium'],
    apt: ['chromium-headless-shell'],
    help: 'Install Chromium or Chrome.',
  },
  'a Secret Service': {
    find: ['gnome-keyring-daemon'],
    apt: ['gnome-keyring', 'dbus', 'libsecret-tools'],
    linuxOnly: true,
    help: 'Install gnome-keyring and dbus.',
  },
  avahi: {
    find: ['avahi-daemon', '/usr/sbin/avahi-daemon'],
    apt: ['avahi-daemon', 'avahi-utils', 'dbus'],
    linuxOnly: true,
    help: 'Install avahi-daemon and avahi-utils.',
  },
  age: {
    find: ['age'],
    apt: ['age'],
    brew: ['age'],
    winget: ['FiloSottile.age'],
    help: 'Get age from https://age-encryption.org and put it on the PATH.',
  },
  'file systems of sticks': {
    find: ['mount.exfat-fuse', '/usr/sbin/mount.exfat-fuse'],
    apt: ['exfat-fuse', 'exfatprogs', 'dosfstools', 'fusefat', 'fuse'],
    linuxOnly: true,
    optional: true,
    help: 'Install exfat-fuse, exfatprogs, dosfstools and fusefat; without them the tests with real sticks are skipped.',
  },
  unzip: {
    find: ['unzip'],
    apt: ['unzip'],
    brew: ['unzip'],
    help: 'Install unzip.',
  },
}

/** What the demo and the app need beside npm packages. */
export const FOR_DEMO = ['nats-server']
/** What the tests need on top. */
export const FOR_TESTS = [
  'nats-server',
  'etcd',
  'chromium',
  'a Secret Service',
  'avahi',
  'age',
  'unzip',
  'file systems of sticks',
]

/**
 * Installs what is missing through the OS package manager where it may: apt as root or with
 * password-free sudo, Homebrew, winget. Says what to do where it can't; throws PlainFailure then
 * if `required`.
 */
export async function installSystemPackages(names, { required }) {
  const missing = names.filter((name) => isNeeded(NEEDS[name]) && !isWellMet(NEEDS[name]))
  if (missing.length === 0) return
  console.log(`Installing ${missing.join(', ')} …`)
  await install(missing.map((name) => NEEDS[name]))
  const stillMissing = missing.filter((name) => !isMet(NEEDS[name]))
  for (const name of stillMissing) {
    const sentence = `${name} is missing and could not be installed here. ${NEEDS[name].help}`
    if (required && !NEEDS[name].optional) throw new PlainFailure(sentence)
    console.warn(sentence)
  }
}

function isNeeded(need) {
  return !need.linuxOnly || process.platform === 'linux'
}

function isMet(need) {
  return isThere(need.find) || isThere(need.instead ?? [])
}

/** Whether there is nothing to install: what does instead is well where apt can't be used. */
function isWellMet(need) {
  return isThere(need.find) || (isMet(need) && !mayUseApt())
}

function isThere(places) {
  return places.some((place) =>
    /[\\/]/.test(place)
      ? existsSync(place)
      : outputOf(process.platform === 'win32' ? 'where' : 'which', [place]) !== undefined,
  )
}

async function install(needs) {
  if (process.platform === 'darwin' && succeeds('brew', ['--version'])) {
    const names = needs.flatMap((need) => need.brew ?? [])
    if (names.length > 0) await run('brew', ['install', ...names])
  } else if (process.platform === 'win32' && succeeds('winget', ['--version'])) {
    for (const id of needs.flatMap((need) => need.winget ?? [])) {
      await run('winget', [
        'install',
        '--silent',
        '--accept-source-agreements',
        '--accept-package-agreements',
        id,
      ])
    }
  } else if (mayUseApt()) {
    await installByApt(needs.flatMap((need) => need.apt ?? []))
  }
}

/** As root, or as somebody whom sudo asks for no password. */
function mayUseApt() {
  if (process.platform !== 'linux' || !succeeds('apt-get', ['--version'])) return false
  return isRoot() || succeeds('sudo', ['-n', 'true'])
}

function isRoot() {
  return process.getuid?.() === 0
}

async function installByApt(names) {
  const apt = (args) => {
    const environment = ['DEBIAN_FRONTEND=noninteractive']
    const line = ['env', ...environment, 'apt-get', ...args]
    const [command, ...rest] = isRoot() ? line : ['sudo', '-n', ...line]
    return run(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
  }
  await apt(['update', '-qq'])
  // A name that this distribution does not know would keep all others out.
  const known = names.filter((name) => succeeds('apt-cache', ['show', name]))
  await apt(['install', '-y', '-qq', '--no-install-recommends', ...known])
}
