import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectQueue, type QueueClient } from '../../../src/lib/queue/client.ts'
import { heartbeatMs } from '../../../src/lib/queue/names.ts'
import { openNews, readNews, type News } from '../../../src/lib/queue/news.ts'
import { followOrders, openOrders, type Order } from '../../../src/lib/queue/orders.ts'
import { countStrangers, createRunIdentity, runIdentity } from '../../../src/lib/queue/run-identity.ts'
import { borrowDatabase, type LentDatabase } from '../../support/database/redis-databases.ts'
import { findService } from '../../support/services.ts'

const server = await findService('redis')

describe.skipIf(!server)('the streams of a run', () => {
  let place: LentDatabase
  let clients: QueueClient[] = []

  const connect = async (): Promise<QueueClient> => {
    const client = await connectQueue(place.url)
    clients.push(client)
    return client
  }

  beforeAll(async () => (place = await borrowDatabase(server!)))
  afterEach(() => {
    for (const client of clients) client.destroy()
    clients = []
  })
  afterAll(() => place.remove())

  async function openRun() {
    const run = createRunIdentity()
    const { keys } = run
    const orders = await openOrders(await connect(), run, () => {})
    const notes: string[] = []
    const strangers = countStrangers((text) => notes.push(text))
    const got: News[] = []
    let waiting: { readonly count: number; readonly resolve: () => void } | null = null
    const news = readNews(await connect(), run, {
      onStranger: () => strangers.add(),
      async onNews(one) {
        got.push(one)
        if (waiting && got.length >= waiting.count) waiting.resolve()
      },
      onRead() {},
      serverNow: () => Date.now(),
    })
    const arrive = (count: number): Promise<void> =>
      new Promise((resolve) => {
        waiting = { count, resolve }
        if (got.length >= count) resolve()
      })
    return { run, keys, orders, news, got, arrive, strangers, notes }
  }

  it('bring what workers say in their order, and each message once, also when it was sent again', async () => {
    const { run, keys, orders, news, got, arrive } = await openRun()
    const client = await connect()
    const senders = [openNews(client, run, 0), openNews(client, run, 1)]
    const sent = Array.from({ length: 300 }, (_, index) => senders[index % 2]!.send('n', Buffer.from(String(index))))
    await Promise.all(sent)
    // As if the answer to the last one of worker 0 had been lost.
    const again = { part: '0', number: '150', kind: 'n', data: Buffer.from('298') }
    const signature = run.sign(['news', again.part, again.number, again.kind, again.data])
    await client.xAddNoMkStream(keys.news, '*', { ...again, signature })
    await senders[0]!.send('n', Buffer.from('300'))
    await arrive(301)
    await orders.close()
    await news.seal()
    for (const part of [0, 1]) {
      const numbers = got.filter((one) => one.part === part).map(({ data }) => Number(String(data)))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    }
    expect(got).toHaveLength(301)
  })

  it('hold little: what was read is gone from them', async () => {
    const { run, keys, orders, news, arrive } = await openRun()
    const client = await connect()
    const sender = openNews(client, run, 0)
    for (let i = 0; i < 20; i++) await sender.send('n')
    await arrive(20)
    await expect.poll(() => client.xLen(keys.news)).toBe(0)
    expect(await client.pTTL(keys.news)).toBeGreaterThan(0)
    expect(await client.pTTL(keys.orders)).toBeGreaterThan(0)
    await orders.close()
    await news.seal()
  })

  it('are read to their end when they are sealed, and take nothing after that', async () => {
    const { run, keys, orders, news, got } = await openRun()
    const client = await connect()
    const sender = openNews(client, run, 3)
    const sent = Array.from({ length: 50 }, () => sender.send('n'))
    await Promise.all(sent)
    await orders.close()
    await news.seal()
    expect(got).toHaveLength(50)
    await expect(sender.send('late')).rejects.toThrow('the run is over')
    expect(await client.exists([keys.news, keys.orders, keys.task])).toBe(0)
  })

  it('are not lost where they are sealed while signs of life are still given', async () => {
    const run = createRunIdentity()
    const lost: string[] = []
    const orders = await openOrders(await connect(), run, (reason) => lost.push(reason))
    const news = readNews(await connect(), run, {
      onNews: async () => {},
      onStranger() {},
      onRead() {},
      serverNow: () => Date.now(),
    })
    orders.expectSeal()
    await news.seal()
    await sleep(1.5 * heartbeatMs)
    expect(lost).toEqual([])
    await orders.close()
  })

  it('come whole, every byte of them, also those that are read when they are sealed', async () => {
    const run = createRunIdentity()
    const orders = await openOrders(await connect(), run, () => {})
    const got: Buffer[] = []
    const began = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const news = readNews(await connect(), run, {
      async onNews({ data }) {
        got.push(data)
        began.resolve()
        await held.promise
      },
      onStranger: () => got.push(Buffer.from('not signed')),
      onRead() {},
      serverNow: () => Date.now(),
    })
    const sender = openNews(await connect(), run, 0)
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    await sender.send('n', bytes)
    await began.promise
    await Promise.all([sender.send('n', bytes), sender.send('n', bytes)])
    const sealing = news.seal()
    held.resolve()
    await sealing
    expect(got).toEqual([bytes, bytes, bytes])
    await orders.close()
  })

  it('leave out what no worker of the run has signed, however much it is, and say so', async () => {
    const { run, keys, orders, news, got, arrive, strangers, notes } = await openRun()
    const client = await connect()
    const data = Buffer.alloc(50_000, '{"lines":[],"conflicts":100000}')
    const said = { part: '0', number: '1', kind: 'entries', data }
    const parts = ['news', said.part, said.number, said.kind, data]
    const other = runIdentity(run.id, createRunIdentity().key)
    const forged = [
      { a: 'b' },
      { part: 'x', number: '1', kind: 'n', data: '' },
      said,
      { ...said, signature: '' },
      { ...said, signature: other.sign(parts) },
      // Signed, but for another part, another number or another text.
      { ...said, part: '1', signature: run.sign(parts) },
      { ...said, number: '2', signature: run.sign(parts) },
      { ...said, data: Buffer.concat([data, Buffer.from(' ')]), signature: run.sign(parts) },
      { ...said, signature: run.sign(['order', ...parts.slice(1)]) },
    ]
    for (const message of forged) await client.xAdd(keys.news, '*', message)
    const beganAt = performance.now()
    const flood = client.multi()
    for (let i = 0; i < 1000; i++) flood.xAdd(keys.news, '*', { ...said, signature: other.sign(['x']) })
    await flood.exec()
    await openNews(client, run, 0).send('n')
    await arrive(1)
    // They took 100 s when they were read.
    expect(performance.now() - beganAt).toBeLessThan(10_000)
    expect(got.map(({ kind }) => kind)).toEqual(['n'])
    await orders.close()
    await news.seal()
    strangers.finish()
    expect(notes).toEqual([
      'dropped a message on the queue that was not signed by this run',
      'dropped 1,009 messages on the queue that were not signed by this run',
    ])
  })

  it('end a worker whose coordinator does not read', async () => {
    const run = createRunIdentity()
    const { keys } = run
    const orders = await openOrders(await connect(), run, () => {})
    const client = await connect()
    const sender = openNews(client, run, 0)
    const sent = Array.from({ length: 20_001 }, () => sender.send('n'))
    await expect(Promise.all(sent)).rejects.toThrow('the coordinator has 20000 messages left to read')
    await expect(sender.send('n')).rejects.toThrow('left to read')
    await orders.close()
    await client.del([keys.news, keys.orders])
  })

  it('bring orders to a worker that comes late, and tell it when nobody gives any', async () => {
    const run = createRunIdentity()
    const coordinator = await openOrders(await connect(), run, () => {})
    await coordinator.send({ kind: 'run', at: 123.5 })
    // By somebody who has seen the orders, and does not know the key.
    const intruder = await connect()
    const begin = (await intruder.xRange(run.keys.orders, '-', '+'))?.[1]
    let dropped = 0
    await intruder.xAdd(run.keys.orders, '*', { kind: 'stop', at: '', number: '9', signature: 'x' })
    await intruder.xAdd(run.keys.orders, '*', { ...begin!.message, at: '9' })
    await intruder.xAdd(run.keys.orders, '*', begin!.message)
    const seen: Order[] = []
    const over = new AbortController()
    const gone = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    followOrders(await connect(), run, {
      onStranger: () => dropped++,
      onOrder(order) {
        seen.push(order)
        if (order.kind === 'stop') stopped.resolve()
      },
      onGone: gone.resolve,
      signal: over.signal,
    })
    await coordinator.send({ kind: 'stop' })
    await stopped.promise
    expect(seen).toEqual([{ kind: 'run', at: 123.5 }, { kind: 'stop' }])
    expect(dropped).toBe(3)
    await coordinator.close()
    await gone.promise
    over.abort()
  })

  it('tell the coordinator when they are gone', async () => {
    const run = createRunIdentity()
    const client = await connect()
    const lost = Promise.withResolvers<string>()
    const orders = await openOrders(client, run, lost.resolve)
    await (await connect()).del([run.keys.news])
    expect(await lost.promise).toBe('it has lost what workers said')
    await orders.close()
  })
})
