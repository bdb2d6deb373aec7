import { expect, test } from 'vitest'
import { RejectedError } from '../errors.ts'
import { fitsFilter, parseSelector, type LabelValue } from './selectors.ts'

const reader = (labels: Readonly<Record<string, LabelValue>>) => (key: string) => labels[key]

const CAMERA = reader({ category: ['camera', 'inference'], location: 'hall/north' })

test.each([
  ['device()', true],
  ['device(*)', true],
  ['device( * )', true],
  ['device(cam-1)', true],
  ['device(cam-?)', true],
  ['device(cam-[0-9])', true],
  ['device(cam-[!1])', false],
  ['device(Cam-1)', false],
  ['device(category:camera)', true],
  ['device(category:Camera)', false],
  ['device(category:[robot,inference])', true],
  ['device(category:[robot, lidar])', false],
  ['device(category:cam*, location:hall/*)', true],
  ['device(category:camera,location:barn)', false],
  ['device(cam-*,category:camera)', true],
  ['device(*,category:camera)', true],
  ['device(robot-*,category:camera)', false],
  ['device(missing:*)', false],
  ['  device ( category : camera ) ', true],
])('%s fits the camera: %s', (text, fits) => {
  const { scope, device } = parseSelector(text)
  expect(scope).toBe('device_only')
  expect(fitsFilter(device, 'cam-1', CAMERA)).toBe(fits)
})

test.each([
  ['device(a).function(b)', 'device_function'],
  ['device(a) . event(b)', 'device_event'],
  ['function(safety:critical)', 'function_only'],
  ['event()', 'event_only'],
])('%s addresses %s', (text, scope) => {
  expect(parseSelector(text).scope).toBe(scope)
})

test.each([
  ['', 0],
  ['   ', 0],
  ['robot(*)', 0],
  ['device', 6],
  ['device(a', 6],
  ['device(a:[b)', 9],
  ['device(a])', 8],
  ['device(a,)', 9],
  ['device(,a)', 7],
  ['device(a,b)', 9],
  ['device(a b:c)', 7],
  ['device(a:)', 9],
  ['device(a:[])', 9],
  ['device(a:[b,,c])', 9],
  ['device(a:[b]c)', 9],
  ['device(a:b[c])', 9],
  ['device(a) b', 10],
  ['device(a).function(b).event(c)', 21],
  ['function(a).event(b)', 0],
  ['device(a).device(b)', 10],
])('%s is refused at position %i', (text, position) => {
  let refused: unknown
  try {
    parseSelector(text)
  } catch (error) {
    refused = error
  }
  expect(refused).toBeInstanceOf(RejectedError)
  expect(refused).toMatchObject({ code: 'SELECTOR_MALFORMED', details: { position } })
})

test('a refusal draws a caret under what is wrong', () => {
  expect(() => parseSelector('device(a:b, ü c:d)')).toThrow(/\n {2}device\(a:b, ü c:d\)\n {14}\^$/u)
})
