import { expect, test } from 'vitest'
import { fingerprintOf } from './fingerprint.ts'

test('is the first 80 bits of the SHA-256 of the key text, in four groups', () => {
  // printf %s UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4 | sha256sum | cut -c1-20 | xxd -r -p | base32
  const key = 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4'
  expect(fingerprintOf(key)).toBe('C5YP-VVWH-GBRS-RBA2')
})
