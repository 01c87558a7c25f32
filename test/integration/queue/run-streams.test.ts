import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectQueue, type QueueClient } from '../../../src/lib/queue/client.ts'
import { heartbeatMs } from '../../../src/lib/queue/names.ts'
import { openTelemetry, readTelemetry, type TelemetryMessage } from '../../../src/lib/queue/telemetry.ts'
import { followCommands, openCommands, type RunCommand } from '../../../src/lib/queue/commands.ts'
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
    const commands = await openCommands(await connect(), run, () => {})
    const notes: string[] = []
    const strangers = countStrangers((text) => notes.push(text))
    const got: TelemetryMessage[] = []
    let waiting: { readonly count: number; readonly resolve: () => void } | null = null
    const telemetry = readTelemetry(await connect(), run, {
      onStranger: () => strangers.add(),
      async onTelemetry(one) {
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
    return { run, keys, commands, telemetry, got, arrive, strangers, notes }
  }

  it('bring what workers say in their order, and each message once, also when it was sent again', async () => {
    const { run, keys, commands, telemetry, got, arrive } = await openRun()
    const client = await connect()
    const senders = [openTelemetry(client, run, 0), openTelemetry(client, run, 1)]
    const sent = Array.from({ length: 300 }, (_, index) => senders[index % 2]!.send('n', Buffer.from(String(index))))
    await Promise.all(sent)
    // As if the answer to the last one of worker 0 had been lost.
    const again = { shard: '0', number: '150', kind: 'n', data: Buffer.from('298') }
    const signature = run.sign(['telemetry', again.shard, again.number, again.kind, again.data])
    await client.xAddNoMkStream(keys.telemetry, '*', { ...again, signature })
    await senders[0]!.send('n', Buffer.from('300'))
    await arrive(301)
    await commands.close()
    await telemetry.seal()
    for (const shard of [0, 1]) {
      const numbers = got.filter((one) => one.shard === shard).map(({ data }) => Number(String(data)))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    }
    expect(got).toHaveLength(301)
  })

  it('hold little: what was read is gone from them', async () => {
    const { run, keys, commands, telemetry, arrive } = await openRun()
    const client = await connect()
    const sender = openTelemetry(client, run, 0)
    for (let i = 0; i < 20; i++) await sender.send('n')
    await arrive(20)
    await expect.poll(() => client.xLen(keys.telemetry)).toBe(0)
    expect(await client.pTTL(keys.telemetry)).toBeGreaterThan(0)
    expect(await client.pTTL(keys.commands)).toBeGreaterThan(0)
    await commands.close()
    await telemetry.seal()
  })

  it('are read to their end when they are sealed, and take nothing after that', async () => {
    const { run, keys, commands, telemetry, got } = await openRun()
    const client = await connect()
    const sender = openTelemetry(client, run, 3)
    const sent = Array.from({ length: 50 }, () => sender.send('n'))
    await Promise.all(sent)
    await commands.close()
    await telemetry.seal()
    expect(got).toHaveLength(50)
    await expect(sender.send('late')).rejects.toThrow('the run is over')
    expect(await client.exists([keys.telemetry, keys.commands, keys.task])).toBe(0)
  })

  it('are not lost where they are sealed while signs of life are still given', async () => {
    const run = createRunIdentity()
    const lost: string[] = []
    const commands = await openCommands(await connect(), run, (reason) => lost.push(reason))
    const telemetry = readTelemetry(await connect(), run, {
      onTelemetry: async () => {},
      onStranger() {},
      onRead() {},
      serverNow: () => Date.now(),
    })
    commands.expectSeal()
    await telemetry.seal()
    await sleep(1.5 * heartbeatMs)
    expect(lost).toEqual([])
    await commands.close()
  })

  it('come whole, every byte of them, also those that are read when they are sealed', async () => {
    const run = createRunIdentity()
    const commands = await openCommands(await connect(), run, () => {})
    const got: Buffer[] = []
    const began = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const telemetry = readTelemetry(await connect(), run, {
      async onTelemetry({ data }) {
        got.push(data)
        began.resolve()
        await held.promise
      },
      onStranger: () => got.push(Buffer.from('not signed')),
      onRead() {},
      serverNow: () => Date.now(),
    })
    const sender = openTelemetry(await connect(), run, 0)
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    await sender.send('n', bytes)
    await began.promise
    await Promise.all([sender.send('n', bytes), sender.send('n', bytes)])
    const sealing = telemetry.seal()
    held.resolve()
    await sealing
    expect(got).toEqual([bytes, bytes, bytes])
    await commands.close()
  })

  it('leave out what no worker of the run has signed, however much it is, and say so', async () => {
    const { run, keys, commands, telemetry, got, arrive, strangers, notes } = await openRun()
    const client = await connect()
    const data = Buffer.alloc(50_000, '{"lines":[],"conflicts":100000}')
    const said = { shard: '0', number: '1', kind: 'entries', data }
    const parts = ['telemetry', said.shard, said.number, said.kind, data]
    const other = runIdentity(run.id, createRunIdentity().key)
    const forged = [
      { a: 'b' },
      { shard: 'x', number: '1', kind: 'n', data: '' },
      said,
      { ...said, signature: '' },
      { ...said, signature: other.sign(parts) },
      // Signed, but for another shard, another number or another text.
      { ...said, shard: '1', signature: run.sign(parts) },
      { ...said, number: '2', signature: run.sign(parts) },
      { ...said, data: Buffer.concat([data, Buffer.from(' ')]), signature: run.sign(parts) },
      { ...said, signature: run.sign(['command', ...parts.slice(1)]) },
    ]
    for (const message of forged) await client.xAdd(keys.telemetry, '*', message)
    const beganAt = performance.now()
    const flood = client.multi()
    for (let i = 0; i < 1000; i++) flood.xAdd(keys.telemetry, '*', { ...said, signature: other.sign(['x']) })
    await flood.exec()
    await openTelemetry(client, run, 0).send('n')
    await arrive(1)
    // They took 100 s when they were read.
    expect(performance.now() - beganAt).toBeLessThan(10_000)
    expect(got.map(({ kind }) => kind)).toEqual(['n'])
    await commands.close()
    await telemetry.seal()
    strangers.finish()
    expect(notes).toEqual([
      'dropped a message on the queue that was not signed by this run',
      'dropped 1,009 messages on the queue that were not signed by this run',
    ])
  })

  it('end a worker whose coordinator does not read', async () => {
    const run = createRunIdentity()
    const { keys } = run
    const commands = await openCommands(await connect(), run, () => {})
    const client = await connect()
    const sender = openTelemetry(client, run, 0)
    const sent = Array.from({ length: 20_001 }, () => sender.send('n'))
    await expect(Promise.all(sent)).rejects.toThrow('the coordinator has 20000 messages left to read')
    await expect(sender.send('n')).rejects.toThrow('left to read')
    await commands.close()
    await client.del([keys.telemetry, keys.commands])
  })

  it('bring commands to a worker that comes late, and tell it when nobody gives any', async () => {
    const run = createRunIdentity()
    const coordinator = await openCommands(await connect(), run, () => {})
    await coordinator.send({ kind: 'begin', at: 123.5 })
    // By somebody who has seen the commands, and does not know the key.
    const intruder = await connect()
    const begin = (await intruder.xRange(run.keys.commands, '-', '+'))?.[1]
    let dropped = 0
    await intruder.xAdd(run.keys.commands, '*', { kind: 'stop', at: '', number: '9', signature: 'x' })
    await intruder.xAdd(run.keys.commands, '*', { ...begin!.message, at: '9' })
    await intruder.xAdd(run.keys.commands, '*', begin!.message)
    const seen: RunCommand[] = []
    const over = new AbortController()
    const gone = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    followCommands(await connect(), run, {
      onStranger: () => dropped++,
      onCommand(command) {
        seen.push(command)
        if (command.kind === 'stop') stopped.resolve()
      },
      onGone: gone.resolve,
      signal: over.signal,
    })
    await coordinator.send({ kind: 'stop' })
    await stopped.promise
    expect(seen).toEqual([{ kind: 'begin', at: 123.5 }, { kind: 'stop' }])
    expect(dropped).toBe(3)
    await coordinator.close()
    await gone.promise
    over.abort()
  })

  it('tell the coordinator when they are gone', async () => {
    const run = createRunIdentity()
    const client = await connect()
    const lost = Promise.withResolvers<string>()
    const commands = await openCommands(client, run, lost.resolve)
    await (await connect()).del([run.keys.telemetry])
    expect(await lost.promise).toBe('it has lost what workers said')
    await commands.close()
  })
})
