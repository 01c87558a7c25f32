import { describe } from 'vitest'
import { borrowDatabase, withClient } from '../../redis-databases.ts'
import { findService } from '../../services.ts'
import { describeDatabase } from './contract.ts'

const service = await findService('redis')

describe.skipIf(service === null)('redis', () => {
  const server = service ?? ''

  async function makeScratch() {
    const { url, remove } = await borrowDatabase(server)
    return {
      url,
      makeForeignTable: (name: string) =>
        withClient(url, async (client) => void (await client.hSet(`rushbench:table:${name}`, 'x', '42'))),
      dropTables: (names: readonly string[]) =>
        withClient(url, async (client) => {
          for (const name of names) {
            await client.hDel('rushbench:tables', name)
            const keys = await client.keys(`rushbench:table:${name}*`)
            if (keys.length > 0) await client.unlink(keys)
          }
        }),
      remove,
    }
  }

  describeDatabase(makeScratch)
})
