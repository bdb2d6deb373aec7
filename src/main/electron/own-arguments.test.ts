import { expect, test } from 'vitest'
import { ownArguments } from './own-arguments.ts'

test('takes what is ours and leaves what is of Chromium, Node and the app path', () => {
  const argv = [
    'electron',
    '-r',
    'loader.js',
    '--inspect=0',
    '--remote-debugging-port=0',
    '/app',
    '--demo',
  ]
  expect(
    ownArguments([...argv, '--profile', '/p', '--discover-on=127.0.0.1', 'muster://x']),
  ).toEqual(['--demo', '--profile', '/p', '--discover-on=127.0.0.1'])
})
