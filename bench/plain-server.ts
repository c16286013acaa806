/**
 * A server that answers every request with a small record, as cheaply as Node can. It stands in for PocketBase where only
 * the client's side matters and PocketBase would take most of the time. A process of its own.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer((request, response) => {
  const body = JSON.stringify({
    collectionId: 'pbc_1125843985',
    collectionName: 'posts',
    id: request.url!.split('/').at(-1),
    public: true,
    title: 'The post number 12345',
    views: 12_345,
  })
  response
    .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    .end(body)
})
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
