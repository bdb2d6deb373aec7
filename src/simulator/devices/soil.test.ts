import { expect, test } from 'vitest'
import { Soil } from './soil.ts'

test('the same seed gives the same course, however often one looks', () => {
  const [often, seldom] = [new Soil({ seed: 5 }), new Soil({ seed: 5 })]
  for (let seconds = 0; seconds < 600; seconds += 1) often.moistureAt(seconds)
  expect(often.moistureAt(600)).toBe(seldom.moistureAt(600))
  expect(new Soil({ seed: 6 }).moistureAt(600)).not.toBe(often.moistureAt(600))
})

test('dries by itself and gets moist while it is watered', () => {
  const soil = new Soil({ startMoisturePercent: 40 })
  const dry = soil.moistureAt(300)
  expect(dry).toBeLessThan(36)
  soil.water(300, 20, 'normal')
  const wet = soil.moistureAt(320)
  expect(wet).toBeGreaterThan(dry + 12)
  expect(soil.moistureAt(620)).toBeLessThan(wet - 4)
})

test('waters as much as the intensity says, and stops when told', () => {
  const gain = (intensity: 'gentle' | 'strong', stopAfter = 20) => {
    const soil = new Soil({ startMoisturePercent: 30 })
    soil.water(0, 20, intensity)
    soil.moistureAt(stopAfter)
    soil.water(stopAfter, 0, intensity)
    return soil.moistureAt(20) - 30
  }
  expect(gain('strong')).toBeGreaterThan(gain('gentle') * 3)
  expect(gain('strong', 5)).toBeLessThan(gain('strong') / 3)
})

test('stays within bounds over a night and a long sleep of the machine', () => {
  const soil = new Soil({ startMoisturePercent: 40 })
  expect(soil.moistureAt(24 * 60 * 60)).toBe(5)
  soil.water(24 * 60 * 60, 600, 'strong')
  expect(soil.moistureAt(24 * 60 * 60 + 600)).toBe(85)
})
