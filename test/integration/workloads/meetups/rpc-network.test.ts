import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ChatService } from '../../../../src/lib/workloads/meetups/chat/contract.ts'
import { connectRpc, type Destination } from '../../../../src/lib/workloads/meetups/rpc/client.ts'
import type { Contracts } from '../../../../src/lib/workloads/meetups/rpc/contracts.ts'
import { RpcError } from '../../../../src/lib/workloads/meetups/rpc/errors.ts'
import { createHealth } from '../../../../src/lib/workloads/meetups/rpc/health.ts'
import {
  served,
  startHealthServer,
  startRpcServer,
  type RpcPlace,
  type RpcServer,
} from '../../../../src/lib/workloads/meetups/rpc/server.ts'
import { readTls, type TlsOptions } from '../../../../src/lib/workloads/meetups/rpc/tls.ts'
import { createAuthority, type Authority } from '../../../support/certificate.ts'
import { findPorts } from '../../../support/free-ports.ts'

const secret = 'of this run'
const outages: string[] = []
const opened: (() => Promise<void> | void)[] = []

afterEach(async () => {
  outages.length = 0
  for (const close of opened.splice(0)) await close()
})

async function serve(methods: Partial<ChatService>, place: Partial<RpcPlace> = {}): Promise<RpcServer> {
  const fail = () => Promise.reject(new Error('it is not there'))
  const all = new Proxy(methods, { get: (given, name) => Reflect.get(given, name) ?? fail }) as ChatService
  const contracts = [served('ChatService', all)]
  const server = await startRpcServer(
    contracts,
    { host: '127.0.0.1', port: 0, secret, graceMs: 100, ...place },
    () => {},
  )
  opened.push(() => server.close())
  return server
}

async function connect<Name extends 'ChatService' | 'Health' = 'ChatService'>(
  destination: Partial<Destination>,
  name = 'ChatService' as Name,
): Promise<Contracts[Name]> {
  const whole = { part: 'chat', address: '127.0.0.1:1', secret, ...destination }
  const client = await connectRpc(name, whole, { onError: (error) => outages.push(error.message) })
  opened.push(() => client.close())
  return client.api
}

const rooms = async () => ({ rooms: [] })
const message = { roomId: 'r', userId: 'u', body: 'b', key: 'k' }

describe('a call that its service could not carry out', () => {
  test('is made again where that does no harm, and never where something would be there twice', async () => {
    const calls: string[] = []
    const refuse = (name: string) => {
      calls.push(name)
      throw new RpcError('unavailable', 'The service is closing')
    }
    const { address } = await serve({
      getRooms: async () => (calls.length < 2 ? refuse('getRooms') : rooms()),
      createMessage: async () => refuse('createMessage'),
    })
    const chat = await connect({ address })
    expect(await chat.getRooms({ roomIds: [] })).toEqual({ rooms: [] })
    const refused = { code: 'unavailable', message: 'The service is closing' }
    await expect(chat.createMessage(message)).rejects.toMatchObject(refused)
    expect(calls).toEqual(['getRooms', 'getRooms', 'createMessage'])
    // It did answer.
    expect(outages).toEqual([])
  })

  test('is told the operator once, with part and address, and users without the address', async () => {
    const address = `127.0.0.1:${await findPorts(1)}`
    const chat = await connect({ address })
    for (let n = 0; n < 2; n++) {
      const error = (await chat.createMessage(message).catch((thrown: unknown) => thrown)) as RpcError
      expect([error.code, error.message]).toEqual(['unavailable', 'The chat service does not answer'])
    }
    expect(outages).toEqual([
      `The part chat at ${address} did not answer: connect ECONNREFUSED ${address}. Look whether it runs, and whether --service-addresses and --service-tls are right.`,
    ])
  })

  test('does not fail because its connection is renewed, so that replicas that were added are found', async () => {
    const { address } = await serve(
      {
        createMessage: async () => ({ ...message, id: 'm', createdAt: 1 }),
        async *subscribe(_request, signal) {
          for (let n = 0; !signal.aborted; n++) yield { cursor: String(await sleep(10, n)) }
        },
      },
      { options: { 'grpc.max_connection_age_ms': 100 } },
    )
    const chat = await connect({ address })
    const left = new AbortController()
    const stream = chat.subscribe({ roomId: 'r', userId: 'u', after: '' }, left.signal)[Symbol.asyncIterator]()
    for (let n = 0; n < 60; n++) {
      expect((await stream.next()).value).toMatchObject({ cursor: String(n) })
      expect(await chat.createMessage(message)).toMatchObject({ id: 'm' })
    }
    left.abort()
    expect(outages).toEqual([])
  })

  test('goes to another replica, of which all take their share', async () => {
    const counts = [0, 0]
    const servers = await Promise.all(
      counts.map((_, at) =>
        serve({
          createMessage: async () => ({ ...message, id: String(counts[at]!++), createdAt: 1 }),
          getRooms: rooms,
        }),
      ),
    )
    const chat = await connect({ address: `ipv4:${servers.map(({ address }) => address).join(',')}` })
    await expect
      .poll(async () => {
        await chat.createMessage(message)
        return counts.every((count) => count > 0)
      })
      .toBe(true)
    await servers[0]!.close()
    for (let n = 0; n < 20; n++) expect(await chat.getRooms({ roomIds: [] })).toEqual({ rooms: [] })
    expect(outages).toEqual([])
  })
})

describe('the health check', () => {
  const chatName = 'rushbench.meetups.ChatService'

  test('tells of the process and of each service, whose database may be away', async () => {
    let isReady = true
    const health = createHealth(async () => isReady)
    const { address } = await serve({}, { health })
    const { check, watch } = await connect({ address, secret: 'none' }, 'Health')
    expect(await check({ service: '' })).toEqual({ status: 'SERVING' })
    expect(await check({ service: chatName })).toEqual({ status: 'SERVING' })
    await expect(check({ service: 'rushbench.meetups.PostService' })).rejects.toMatchObject({ code: 'not-found' })
    const watched = watch({ service: chatName }, new AbortController().signal)[Symbol.asyncIterator]()
    expect((await watched.next()).value).toEqual({ status: 'SERVING' })
    isReady = false
    expect(await check({ service: '' })).toEqual({ status: 'SERVING' })
    expect(await check({ service: chatName })).toEqual({ status: 'NOT_SERVING' })
    expect((await watched.next()).value).toEqual({ status: 'NOT_SERVING' })
    await watched.return?.()
    health.end()
    expect(await check({ service: '' })).toEqual({ status: 'NOT_SERVING' })
  })

  test('has a port of its own where the others ask for certificates', async () => {
    const port = await findPorts(1)
    const health = createHealth()
    health.add([chatName])
    const server = await startHealthServer(health, { host: '127.0.0.1', port })
    opened.push(server.close)
    const { check } = await connect({ address: `127.0.0.1:${port}` }, 'Health')
    expect(await check({ service: chatName })).toEqual({ status: 'SERVING' })
    const chat = await connect({ address: `127.0.0.1:${port}` })
    await expect(chat.getRooms({ roomIds: [] })).rejects.toBeInstanceOf(RpcError)
    const taken = startHealthServer(health, { host: '127.0.0.1', port })
    await expect(taken).rejects.toThrow(/taken by another program.*--service-health-port/)
  })
})

test('an address that is none of this machine is said', async () => {
  await expect(serve({}, { host: '192.0.2.1' })).rejects.toThrow(/cannot listen on 192.0.2.1:0: .*--service-host/)
})

describe('calls by TLS', () => {
  let ours: Authority
  let others: Authority
  beforeAll(() => {
    ours = createAuthority('root')
    others = createAuthority('root')
  })
  afterAll(() => {
    ours[Symbol.dispose]()
    others[Symbol.dispose]()
  })

  const mutual = (authority: Authority, identity = authority.server): TlsOptions => ({
    serviceTls: 'mutual',
    serviceCert: identity.cert,
    serviceKey: identity.key,
    serviceCa: authority.ca,
  })

  /** The answer to one call, or what the operator is told. */
  async function call(server: TlsOptions, client: TlsOptions, host = 'localhost'): Promise<unknown> {
    const { server: credentials } = await readTls(server, true)
    const { port } = await serve(
      { createMessage: async () => ({ ...message, id: 'm', createdAt: 1 }) },
      { credentials },
    )
    const address = `${host}:${port}`
    const chat = await connect({ address, tls: (await readTls(client, false)).client })
    try {
      return (await chat.createMessage(message)).id
    } catch (error) {
      expect(error).toMatchObject({ code: 'unavailable', message: 'The chat service does not answer' })
      const [outage] = outages.splice(0)
      expect(outage).toContain(`The part chat at ${address} did not answer: `)
      return /answer: (.*)\. Look/.exec(outage!)![1]
    }
  }

  test('go through where both know each other by their authority', async () => {
    expect(await call(mutual(ours), mutual(ours, ours.client))).toBe('m')
    // Its own addresses are in the certificate, too; Node warns of one where a name has to be.
    const warnings: Error[] = []
    const warned = (warning: Error) => warnings.push(warning)
    process.on('warning', warned)
    expect(await call(mutual(ours), mutual(ours, ours.client), '127.0.0.1')).toBe('m')
    await sleep(10)
    process.off('warning', warned)
    expect(warnings).toEqual([])
    const { serviceCert, serviceKey } = mutual(ours)
    const onlyServer = { serviceTls: 'server', serviceCert, serviceKey } as const
    expect(await call(onlyServer, { serviceTls: 'server', serviceCa: ours.ca })).toBe('m')
  })

  test('are refused to callers without a certificate, with one of others, or without TLS', async () => {
    const withoutOne = { serviceTls: 'server', serviceCa: ours.ca } as const
    const ofOthers = { ...mutual(others, others.client), serviceCa: ours.ca }
    for (const client of [withoutOne, ofOthers, {}]) {
      expect(await call(mutual(ours), client)).toMatch(
        /certificate required|Failed to connect|dropped|socket|ECONNRESET/,
      )
    }
  })

  test('are not made to a service with a certificate of others, or for another name', async () => {
    expect(await call(mutual(others), mutual(ours, ours.client))).toMatch(/certificate/)
    using elsewhere = createAuthority('root')
    elsewhere.certifyServer('DNS:rushbench-chat')
    expect(await call(mutual(elsewhere), mutual(elsewhere, elsewhere.client))).toMatch(/does not match certificate/)
    const byAddress = await call(mutual(elsewhere), mutual(elsewhere, elsewhere.client), '127.0.0.1')
    expect(byAddress).toMatch(/does not match certificate/)
    expect(await call({}, mutual(ours, ours.client))).toBe('wrong version number')
  })

  test('need files that are there, and say which are not', async () => {
    const refusal = async (options: TlsOptions) => {
      const error = await readTls(options, true).then(
        () => null,
        (thrown: Error) => thrown,
      )
      expect(error).toMatchObject({ code: 'service-tls-unusable' })
      return error!.message
    }
    expect(await refusal({ serviceTls: 'mutual' })).toContain('needs --service-cert and --service-key and --service-ca')
    expect(await refusal({ ...mutual(ours), serviceKey: '/no/key.pem' })).toContain('--service-key /no/key.pem')
    const none = join(ours.folder, 'none.pem')
    writeFileSync(none, 'no certificate')
    for (const name of ['serviceCert', 'serviceKey', 'serviceCa']) {
      expect(await refusal({ ...mutual(ours), [name]: none })).toMatch(/cannot be used/)
    }
    const swapped = await refusal({ ...mutual(ours), serviceKey: ours.client.key })
    expect(swapped).toContain('the key is not that of the certificate')
    expect(swapped).not.toContain(readFileSync(ours.client.key, 'utf8').split('\n')[1])
  })
})
