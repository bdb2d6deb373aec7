// The least that a local app in a browser can be: an HTTP server on loopback with one static page.
// Prints its URL, as the browser host does.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const PAGE = '<!doctype html><html lang="en"><title>Hello</title><h1>Hello, world</h1></html>'

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE)
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`http://127.0.0.1:${port}/\n`)
})
process.stdin.resume().once('end', () => process.exit(0))
