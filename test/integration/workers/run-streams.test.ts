import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectQueue, type QueueClient } from '../../../src/lib/workers/client.ts'
import { runKeys } from '../../../src/lib/workers/names.ts'
import { openNews, readNews, type News } from '../../../src/lib/workers/news.ts'
import { followOrders, openOrders, type Order } from '../../../src/lib/workers/orders.ts'
import { borrowDatabase, type LentDatabase } from '../../redis-databases.ts'
import { findService } from '../../services.ts'

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
    const keys = runKeys(randomUUID())
    const orders = await openOrders(await connect(), keys, () => {})
    const got: News[] = []
    let waiting: { readonly count: number; readonly resolve: () => void } | null = null
    const news = readNews(await connect(), keys, {
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
    return { keys, orders, news, got, arrive }
  }

  it('bring what workers say in their order, and each message once, also when it was sent again', async () => {
    const { keys, orders, news, got, arrive } = await openRun()
    const client = await connect()
    const senders = [openNews(client, keys, 0), openNews(client, keys, 1)]
    const sent = Array.from({ length: 300 }, (_, index) => senders[index % 2]!.send('n', Buffer.from(String(index))))
    await Promise.all(sent)
    // As if the answer to the last one of worker 0 had been lost.
    const again = { part: '0', number: '150', kind: 'n', data: Buffer.from('298') }
    await client.xAddNoMkStream(keys.news, '*', again)
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
    const { keys, orders, news, arrive } = await openRun()
    const client = await connect()
    const sender = openNews(client, keys, 0)
    for (let i = 0; i < 20; i++) await sender.send('n')
    await arrive(20)
    await expect.poll(() => client.xLen(keys.news)).toBe(0)
    expect(await client.pTTL(keys.news)).toBeGreaterThan(0)
    expect(await client.pTTL(keys.orders)).toBeGreaterThan(0)
    await orders.close()
    await news.seal()
  })

  it('are read to their end when they are sealed, and take nothing after that', async () => {
    const { keys, orders, news, got } = await openRun()
    const client = await connect()
    const sender = openNews(client, keys, 3)
    const sent = Array.from({ length: 50 }, () => sender.send('n'))
    await Promise.all(sent)
    await orders.close()
    await news.seal()
    expect(got).toHaveLength(50)
    await expect(sender.send('late')).rejects.toThrow('the run is over')
    expect(await client.exists([keys.news, keys.orders, keys.task])).toBe(0)
  })

  it('leave out what no worker has sent', async () => {
    const { keys, orders, news, got, arrive } = await openRun()
    const client = await connect()
    for (const message of [
      { a: 'b' },
      { part: 'x', number: '1', kind: 'n', data: '' },
      { part: '0', number: 'NaN', kind: 'n', data: '' },
    ]) {
      await client.xAdd(keys.news, '*', message)
    }
    await openNews(client, keys, 0).send('n')
    await arrive(1)
    expect(got.map(({ kind }) => kind)).toEqual(['n'])
    await orders.close()
    await news.seal()
  })

  it('end a worker whose coordinator does not read', async () => {
    const keys = runKeys(randomUUID())
    const orders = await openOrders(await connect(), keys, () => {})
    const client = await connect()
    const sender = openNews(client, keys, 0)
    const sent = Array.from({ length: 20_001 }, () => sender.send('n'))
    await expect(Promise.all(sent)).rejects.toThrow('the coordinator has 20000 messages left to read')
    await expect(sender.send('n')).rejects.toThrow('left to read')
    await orders.close()
    await client.del([keys.news, keys.orders])
  })

  it('bring orders to a worker that comes late, and tell it when nobody gives any', async () => {
    const keys = runKeys(randomUUID())
    const coordinator = await openOrders(await connect(), keys, () => {})
    await coordinator.send({ kind: 'run', at: 123.5 })
    const seen: Order[] = []
    const over = new AbortController()
    const gone = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    followOrders(await connect(), keys, {
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
    await coordinator.close()
    await gone.promise
    over.abort()
  })

  it('tell the coordinator when they are gone', async () => {
    const keys = runKeys(randomUUID())
    const client = await connect()
    const lost = Promise.withResolvers<string>()
    const orders = await openOrders(client, keys, lost.resolve)
    await (await connect()).del([keys.news])
    expect(await lost.promise).toBe('it has lost what workers said')
    await orders.close()
  })
})
