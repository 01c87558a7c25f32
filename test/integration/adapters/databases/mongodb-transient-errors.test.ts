import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { BSON, MongoClient } from 'mongodb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { waitText } from '../../../../src/lib/adapters/databases/waits.ts'
import { findService } from '../../../support/services.ts'
import { booking, seat, seats, show, shows, tables, workload } from '../../../support/database/tables.ts'
import type { Wait } from '../../../../src/lib/ports/database-facts.ts'

const service = await findService('ferretdb')

const opMsg = 2013
const headerBytes = 16
/** After the header: flags, and the kind of the first section. */
const commandAt = headerBytes + 4 + 1

/** Answers a command in the server's place; null lets it through. */
type Interfere = (command: BSON.Document) => BSON.Document | null

/** A way to the server on which commands can be answered by the test, as a server would that is no primary. */
async function openWay(target: URL, interfere: Interfere) {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) sockets.add(socket)
    upstream.pipe(client)
    upstream.on('error', () => client.destroy())
    client.on('error', () => upstream.destroy())
    client.on('close', () => upstream.destroy())
    let buffered = Buffer.alloc(0)
    client.on('data', (chunk) => {
      buffered = Buffer.concat([buffered, chunk])
      while (buffered.length >= headerBytes && buffered.length >= buffered.readInt32LE(0)) {
        const message = buffered.subarray(0, buffered.readInt32LE(0))
        buffered = buffered.subarray(message.length)
        const answer = message.readInt32LE(12) === opMsg ? interfere(commandOf(message)) : null
        if (answer) client.write(replyTo(message, answer))
        else upstream.write(message)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function commandOf(message: Buffer): BSON.Document {
  return BSON.deserialize(message.subarray(commandAt, commandAt + message.readInt32LE(commandAt)))
}

function replyTo(message: Buffer, answer: BSON.Document): Buffer {
  const document = BSON.serialize(answer)
  const reply = Buffer.alloc(commandAt + document.length)
  reply.writeInt32LE(reply.length, 0)
  reply.writeInt32LE(message.readInt32LE(4), 8)
  reply.writeInt32LE(opMsg, 12)
  reply.set(document, commandAt)
  return reply
}

describe.skipIf(service === null)("MongoDB's protocol, with a server that gives work back", () => {
  const name = `rushbench_${randomUUID().slice(0, 8)}`
  const direct = Object.assign(new URL(service ?? 'mongodb://x/'), { pathname: `/${name}` })
  let interfere: Interfere
  let way: Awaited<ReturnType<typeof openWay>>
  let url: string

  beforeEach(async () => {
    interfere = () => null
    way = await openWay(direct, (command) => (command['$db'] === name ? interfere(command) : null))
    url = Object.assign(new URL(direct), { port: String(way.port) }).toString()
  })
  afterEach(async () => {
    way.close()
    await using client = new MongoClient(direct.toString())
    await client.db().dropDatabase()
  })

  /** Answers the first `times` commands of a kind with that error. */
  function failing(kind: string, times: number, code: number): () => number {
    let seen = 0
    interfere = (command) => {
      if (!(kind in command)) return null
      return ++seen <= times ? { ok: 0, code, codeName: 'Some', errmsg: 'it said so' } : null
    }
    return () => seen
  }

  it('books all the same when the primary has gone, and counts it', async () => {
    await using database = await connectDatabase(url, { poolSize: 2 })
    await migrateUp(database, workload, tables)
    await database.store.insert(shows, [show(1, { free: 2 })])
    failing('update', 3, 10107)
    expect(await database.store.apply([booking(seat(1))])).toEqual([true])
    failing('insert', 2, 13435)
    expect(await database.store.apply([booking(seat(1)), booking(seat(1))])).toEqual([true, false])
    // The driver tries a read again itself, once.
    failing('find', 2, 189)
    expect(await database.store.find(shows, {})).toMatchObject([{ free: 0 }])
    expect(await database.store.count(seats)).toBe(2)
    expect(database.retries()).toEqual({
      'not writable primary (10107)': 3,
      'not primary (13435)': 2,
      'primary stepped down (189)': 1,
    })
  })

  it('does not take a place twice when nobody knows whether it was taken', async () => {
    await using database = await connectDatabase(url, { poolSize: 2 })
    await migrateUp(database, workload, tables)
    await database.store.insert(shows, [show(1, { free: 2 })])
    const seen = failing('update', 1, 11602)
    await expect(database.store.update(shows, { id: 1 }, { free: { add: -1 } })).rejects.toMatchObject({
      code: 'outcome-unknown',
    })
    expect([seen(), database.retries()]).toEqual([1, {}])
  })

  it('names what a user may not do, and does not try it again', async () => {
    await using database = await connectDatabase(url, { poolSize: 2 })
    await migrateUp(database, workload, tables)
    const errmsg = `not authorized on ${name} to execute command { insert: "shows", ordered: false }`
    interfere = (command) => ('insert' in command ? { ok: 0, code: 13, codeName: 'Unauthorized', errmsg } : null)
    await expect(database.store.insert(shows, [show(1)])).rejects.toMatchObject({
      code: 'right-missing',
      message: expect.stringContaining(`the right to insert in ${name}`),
    })
    expect(database.retries()).toEqual({})
  })

  it('says that there is no primary while it waits for one', async () => {
    const waits: string[] = []
    const onWait = (wait: Wait | null) => void (wait && waits.push(waitText(wait)))
    await using database = await connectDatabase(url, { poolSize: 2, onWait })
    await migrateUp(database, workload, tables)
    failing('insert', Infinity, 10107)
    const storing = database.store.insert(shows, [show(1)])
    await expect
      .poll(() => waits.at(-1), { timeout: 8000 })
      .toMatch(/^waiting for the server, which takes no writes: not writable primary \(10107\), [1-9] s$/)
    interfere = () => null
    await storing
  })

  it('knows a sharded cluster by what it says, and that its collections are not sharded', async () => {
    interfere = (command) => ('hello' in command ? { ok: 1, isWritablePrimary: true, msg: 'isdbgrid' } : null)
    // FerretDB says that it is FerretDB, before it is asked.
    const known = interfere
    interfere = (command) => ('buildInfo' in command ? { ok: 1, version: '7.0.5' } : known(command))
    await using database = await connectDatabase(url, { poolSize: 2 })
    expect(database.engine).toMatchObject({ name: 'mongodb', durability: { settings: { servers: 'sharded cluster' } } })
    expect(database.unsupported).toEqual([expect.stringContaining('sharding')])
  })
})
