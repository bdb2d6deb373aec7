import { expect, test } from 'vitest'
import { suggestedLocal } from './local-subject.ts'

test.each([
  ['device-connect.alpha.*.event.>', 'device-connect.beta.from.alpha.$1.event.>'],
  ['device-connect.alpha.*.a.*', 'device-connect.beta.from.alpha.$1.a.$2'],
  ['news.weather', 'news.beta.from.alpha.weather'],
])('meets %s as %s', (subject, local) => {
  expect(suggestedLocal(subject, 'alpha', 'beta')).toBe(local)
})
