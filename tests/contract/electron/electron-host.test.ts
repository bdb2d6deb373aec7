import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const BUNDLE = resolve('out/main/electron.js')

interface Observed {
  readonly calls: string[]
  readonly [part: string]: unknown
}

/** Runs the built bundle with the fake in a process of its own and returns what the probe saw. */
async function probe(profile: string, environment: NodeJS.ProcessEnv = {}): Promise<Observed> {
  const child = spawn(
    process.execPath,
    [
      resolve('tests/contract/electron/probe.ts'),
      resolve('.'),
      '--demo',
      '--profile',
      profile,
      '--discover-on',
      '127.0.0.1',
    ],
    {
      env: { ...process.env, MUSTER_MAIN_BUNDLE: BUNDLE, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output += data.toString()))
  const code = await new Promise<number>((done) => child.once('exit', (exit) => done(exit ?? -1)))
  const line = output.split('\n').find((text) => text.startsWith('PROBE '))
  if (line === undefined)
    throw new Error(`The bundle did not get as far as a window (exit ${code}):\n${output}`)
  return JSON.parse(line.slice('PROBE '.length)) as Observed
}

describe('the built Electron main bundle', () => {
  let folder: string
  let seen: Observed

  beforeAll(async () => {
    if (!existsSync(BUNDLE)) throw new Error('Build first: npm run build')
    folder = await mkdtemp(join(tmpdir(), 'muster-electron-'))
    seen = await probe(join(folder, 'profile'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('takes the single-instance lock on its profile, then the sandbox and the scheme, before it is ready', () => {
    const order = [
      'setPath userData',
      'requestSingleInstanceLock',
      'enableSandbox',
      'registerSchemesAsPrivileged',
      'whenReady',
    ]
    expect(seen.calls.filter((call) => order.includes(call))).toEqual(order)
  })

  test('is denied a second instance', async () => {
    const second = await probe(join(folder, 'second'), { FAKE_SECOND_INSTANCE: '1' })
    expect(second.calls).toContain('quit')
    expect(second).toMatchObject({ windows: 0 })
  })

  test('opens its window with every protection on', () => {
    expect(seen['windowOptions']).toMatchObject({
      webPreferences: {
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        experimentalFeatures: false,
        webviewTag: false,
        navigateOnDragDrop: false,
        spellcheck: false,
      },
    })
    expect(seen['loadedUrl']).toBe('app://muster/index.html')
  })

  test('gives its preload as CommonJS, since a sandboxed one can not be a module', async () => {
    const { webPreferences } = seen['windowOptions'] as { webPreferences: { preload: string } }
    expect(webPreferences.preload).toMatch(/index\.cjs$/)
    const preload = await readFile(webPreferences.preload, 'utf8')
    expect(preload).toContain('require("electron")')
    expect(preload).not.toMatch(/^import /m)
  })

  test('registers app:// as a secure origin that neither bypasses the CSP nor lets fetch past CORS', () => {
    expect(seen['schemes']).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, corsEnabled: true } },
    ])
  })

  test('serves the fixed table of files with the security headers, and nothing else', () => {
    const served = seen['protocol'] as {
      index: { status: number; headers: Record<string, string> }
    }
    expect(served.index.status).toBe(200)
    expect(served.index.headers['content-security-policy']).toContain("script-src 'self'")
    expect(served.index.headers['content-security-policy']).not.toContain('unsafe-eval')
    expect(served.index.headers['x-content-type-options']).toBe('nosniff')
    expect(seen['protocol']).toMatchObject({ traversal: 404, otherHost: 404, post: 404 })
  })

  test('grants no permission but writing to the clipboard', () => {
    expect(seen['permissions']).toEqual({
      granted: ['clipboard-sanitized-write'],
      checked: ['clipboard-sanitized-write'],
      device: false,
      display: null,
      pairing: { confirmed: false },
    })
    expect(seen['spellChecker']).toBe(false)
    expect(seen['download']).toBe(true)
  })

  test('lets the window reach nothing on the network', () => {
    expect(seen['requests']).toEqual(['app://muster/assets/x.js'])
  })

  test('denies navigation, new windows and embedded pages', () => {
    expect(seen['navigation']).toEqual({
      windowOpen: { action: 'deny' },
      webview: true,
      away: [],
      toFile: false,
      toOwn: true,
    })
  })

  test('gives one port to the main frame of its own window and to nobody else', () => {
    expect(seen['ports']).toMatchObject({
      fromSubframe: 0,
      fromGoneFrame: 0,
      fromStranger: 0,
      fromForeignOrigin: 0,
      second: 2,
      host: 'electron',
      version: '0.0.0-contract',
    })
  })

  test('asks for a folder with the dialog of the system, once the window wants one', () => {
    expect(seen['ports']).toMatchObject({
      dialog: true,
      path: '/chosen',
      asked: [{ properties: expect.arrayContaining(['openDirectory', 'createDirectory']) }],
    })
  })
})
