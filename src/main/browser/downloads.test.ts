import { expect, test, vi } from 'vitest'
import { attachmentNamed, Downloads } from './downloads.ts'

const FILE = { name: 'report.html', mediaType: 'text/html', content: 'hello' }

async function addressOf(downloads: Downloads): Promise<string> {
  const saved = await downloads.offer(FILE)
  if (saved.type !== 'download') throw new Error('a download was expected')
  return saved.url
}

test('hands a file out once', async () => {
  const downloads = new Downloads()
  const address = await addressOf(downloads)
  expect(downloads.take(`${address}x`)).toBeUndefined()
  expect(downloads.take(address)).toEqual(FILE)
  expect(downloads.take(address)).toBeUndefined()
})

test('forgets what nobody fetched, after a minute or when others wait', async () => {
  vi.useFakeTimers()
  const downloads = new Downloads()
  const late = await addressOf(downloads)
  vi.advanceTimersByTime(60_000)
  expect(downloads.take(late)).toBeUndefined()
  const first = await addressOf(downloads)
  for (let count = 0; count < 8; count += 1) await addressOf(downloads)
  expect(downloads.take(first)).toBeUndefined()
  vi.useRealTimers()
})

test('a name can not end the header it stands in', () => {
  expect(attachmentNamed('a"\r\nb.html')).toBe(
    `attachment; filename="a___b.html"; filename*=UTF-8''a%22%0D%0Ab.html`,
  )
})
