// The least that a local app in a browser can be: an HTTP server on loopback with one static page.
// Tells its parent its URL.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const PAGE = '<!doctype html><html lang="en"><title>Hello</title><h1>Hello, world</h1></html>'

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE)
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.send?.(`http://127.0.0.1:${port}/`)
})
process.once('disconnect', () => process.exit(0))
