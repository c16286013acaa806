import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

import { NetworkError, PocketBase } from '../../../src/index.ts'
import { failure } from '../case.ts'
import type { Cases } from '../case.ts'

export const HealthService: Cases = {
  check: {
    async ok({ guest, admin }) {
      const forGuests = await guest().health.check()
      assert.equal(forGuests.code, 200)
      assert.deepEqual(forGuests.data, {})
      assert.equal((await admin.health.check()).data['canBackup'], true)
    },
    async fails() {
      const hangingUp = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
      await once(hangingUp, 'listening')
      const { port } = hangingUp.address() as AddressInfo
      const client = new PocketBase(`http://127.0.0.1:${port}`)
      try {
        return await failure(NetworkError, async () => client.health.check())
      } finally {
        hangingUp.close()
      }
    },
  },
}
