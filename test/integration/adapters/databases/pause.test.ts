import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase, openPausable } from '../../../../src/lib/adapters/databases/registry.ts'
import { testEngines, testVersions, type TestDatabase } from '../../../support/database/engines.ts'
import { show, shows } from '../../../support/database/tables.ts'

let place: TestDatabase
let direct: Database

function useDatabaseOf(engine: (typeof testEngines)[number]): void {
  beforeEach(async () => {
    place = await engine.open!()
    direct = await connectDatabase(place.url, { poolSize: 1 })
    await direct.createTables([{ table: shows, mark: 'test' }])
  })
  afterEach(async () => {
    await direct[Symbol.asyncDispose]()
    await place.remove()
  })
}

const sqlite = testEngines.find(({ name }) => name === 'sqlite')!

for (const engine of testVersions.filter(({ name }) => name !== 'sqlite')) {
  describe.skipIf(engine.open === null)(`a pause of ${engine.name}`, () => {
    useDatabaseOf(engine)

    it('makes those wait who take that way, and nobody else', async () => {
      await using access = await openPausable(place.url)
      await using paused = await connectDatabase(access.url, { poolSize: 2 })
      await paused.store.insert(shows, [show(1)])
      const resume = await access.pause()
      let stored = false
      const storing = paused.store.insert(shows, [show(2)]).then(() => (stored = true))
      // As long as others take to do so much more.
      for (let id = 100; id < 120; id++) await direct.store.insert(shows, [show(id)])
      expect(stored).toBe(false)
      expect(await direct.store.find(shows, { id: 2 })).toEqual([])
      await resume()
      await storing
      expect(await direct.store.find(shows, { id: 2 })).toHaveLength(1)
    })
  })
}

describe('a pause of sqlite', () => {
  useDatabaseOf(sqlite)

  const openOther = () => new DatabaseSync(place.url.slice('sqlite:'.length), { timeout: 0 })

  it('keeps writers out and lets readers in', async () => {
    const other = openOther()
    const write = () => other.exec('update shows set free = free - 1')
    await using access = await openPausable(place.url)
    expect(access.url).toBe(place.url)
    const resume = await access.pause()
    expect(write).toThrow('database is locked')
    expect(await direct.store.count(shows)).toBe(0)
    await resume()
    write()
    other.close()
  })

  it('begins when another writer is done', async () => {
    const other = openOther()
    await using access = await openPausable(place.url)
    other.exec('begin immediate')
    const pausing = access.pause()
    setTimeout(() => other.exec('commit'), 20)
    const resume = await pausing
    expect(other.isTransaction).toBe(false)
    await resume()
    other.close()
  })
})

describe('what cannot be paused', () => {
  it.each(['mongodb://u:secret@a:1,b:2/x', 'mongodb://a,b,c/x?replicaSet=r'])('%s', async (url) => {
    await expect(openPausable(url)).rejects.toMatchObject({
      code: 'database-not-pausable',
      message: expect.stringMatching(/^((?!secret).)* cannot be paused: the URL names several servers\. /),
    })
  })
})
