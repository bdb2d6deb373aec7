import { describe, expect, test } from 'vitest'
import { foldName, instanceLabelOf, isEncodable, labelsOf } from './dns-names.ts'
import { cleanText } from '#shared/protocol/device-text.ts'

const SERVICE = '_device-connect._tcp.local'

describe('names', () => {
  test('compare without regard to the case of ASCII letters only', () => {
    expect(foldName('Robot-ÄÉ.LOCAL.')).toBe('robot-ÄÉ.local')
    expect(foldName('.')).toBe('.')
  })

  test('of an instance keep dots inside the first label', () => {
    expect(instanceLabelOf('Robot v1.0._Device-Connect._TCP.local', SERVICE)).toBe('Robot v1.0')
    expect(instanceLabelOf('Robot._device-connect._tcp.local.', SERVICE)).toBe('Robot')
  })

  test('of other services are no instances', () => {
    expect(instanceLabelOf(SERVICE, SERVICE)).toBeNull()
    expect(instanceLabelOf(`.${SERVICE}`, SERVICE)).toBeNull()
    expect(instanceLabelOf('x._http._tcp.local', SERVICE)).toBeNull()
    expect(instanceLabelOf('x_device-connect._tcp.local', SERVICE)).toBeNull()
  })

  test('that were not UTF-8 or grew too long are not asked for again', () => {
    expect(isEncodable(['robot', 'local'])).toBe(true)
    expect(isEncodable(['rob\u{fffd}t'])).toBe(false)
    expect(isEncodable(['é'.repeat(32)])).toBe(false)
    expect(isEncodable([''])).toBe(false)
    expect(labelsOf('robot.local.')).toEqual(['robot', 'local'])
  })
})

describe('text from devices', () => {
  test('loses control, bidi and zero-width characters and keeps markup as text', () => {
    expect(cleanText('\u001b[31m<b>pump</b>\u202e\u200b\n', 64)).toBe('[31m<b>pump</b>')
  })

  test('is capped by characters, not by halves of them', () => {
    expect(cleanText('🌱'.repeat(10), 3)).toBe('🌱🌱🌱')
  })
})
