import { Queue } from 'bullmq'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectPlain } from '../../../src/lib/queue/client.ts'
import { takeWork } from '../../../src/lib/queue/jobs.ts'
import { keyPrefix, queueName } from '../../../src/lib/queue/names.ts'
import { borrowDatabase, type LentDatabase } from '../../support/database/redis-databases.ts'
import { findService } from '../../support/services.ts'

const server = await findService('redis')

describe.skipIf(!server)('jobs that cannot be read', () => {
  let place: LentDatabase

  beforeAll(async () => (place = await borrowDatabase(server!)))
  afterAll(() => place.remove())

  it('are dropped, counted and said to be so, and the next one is taken', async () => {
    const client = await connectPlain(place.url)
    const queue = new Queue(queueName, { connection: client, prefix: keyPrefix })
    for (const broken of ['{"broken', '', 'nothing']) {
      const { id = '' } = await queue.add('load', { number: 0 })
      if (broken !== '') await client.hSet(queue.toKey(id), 'data', broken)
    }
    await queue.add('load', { number: 1 })
    const notes: string[] = []
    const taken: unknown[] = []
    const both = Promise.withResolvers<void>()
    const load = async (data: unknown): Promise<void> => {
      taken.push(data)
      if (taken.length === 2) both.resolve()
    }
    const worker = await takeWork(place.url, 'careful', { load }, (text) => notes.push(text))
    await both.promise
    await worker.close()
    expect(taken).toEqual([{ number: 0 }, { number: 1 }])
    expect(notes).toEqual([
      expect.stringMatching(
        /^The queue redis:.* holds a job that cannot be read, since its data is not JSON; it was dropped$/,
      ),
      expect.stringMatching(/ held 2 jobs that could not be read$/),
    ])
    expect(await queue.getJobCountByTypes('waiting', 'active', 'completed', 'failed')).toBe(2)
    await queue.close()
    client.destroy()
  })
})
