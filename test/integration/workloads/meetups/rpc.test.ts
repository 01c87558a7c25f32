import { Client, credentials } from '@grpc/grpc-js'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { ChatService } from '../../../../src/lib/workloads/meetups/chat/contract.ts'
import { chunkBytes, type ImageService, type UploadPart } from '../../../../src/lib/workloads/meetups/image/contract.ts'
import { RpcError } from '../../../../src/lib/workloads/meetups/rpc/errors.ts'
import { served, startRpcServer, type RpcServer } from '../../../../src/lib/workloads/meetups/rpc/server.ts'
import { connectRpc } from '../../../../src/lib/workloads/meetups/rpc/client.ts'
import { createClients, type Clients } from '../../../../src/lib/workloads/meetups/services.ts'

const secret = 'of this run'
const calls: string[] = []
const errors: Error[] = []
const outages: string[] = []
const place = { host: '127.0.0.1', port: 0, secret }
const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  calls.length = 0
  errors.length = 0
  outages.length = 0
  for (const close of opened.splice(0)) await close()
})

/** Both ends of a chat and an image service that only echo: what is tested is the way between them. */
async function connect(
  methods: Partial<ChatService & ImageService>,
  isHere = false,
): Promise<{ server: RpcServer; chat: ChatService; image: ImageService; clients: Clients }> {
  const server = await startRpcServer(
    [served('ChatService', absent(methods)), served('ImageService', absent(methods))],
    place,
    (error) => errors.push(error),
  )
  const clients = createClients(
    { addressOf: () => server.address, secret, serverHere: () => (isHere ? server : undefined) },
    {
      onCall: (service, method) => calls.push(`${service}.${method}`),
      onError: (error) => outages.push(error.message),
    },
  )
  opened.push(
    () => clients.close(),
    () => server.close(),
  )
  return { server, clients, chat: await clients.get('ChatService'), image: await clients.get('ImageService') }
}

/** Each method that a test leaves out fails when it is called. */
function absent(methods: Partial<ChatService & ImageService>): ChatService & ImageService {
  const fail = () => Promise.reject(new Error('it is not there'))
  return new Proxy(methods, { get: (given, name) => Reflect.get(given, name) ?? fail }) as ChatService & ImageService
}

const subscription = { roomId: 'r', userId: 'u', after: '' }
const message = { id: 'm', roomId: 'r', userId: 'u', body: 'Hallo \u{1F41F}', createdAt: 1_763_731_475_123, key: '' }

describe.each([
  ['over a connection', false],
  ['within a process', true],
])('a call %s', (_way, isHere) => {
  const connectCaller = (methods: Partial<ChatService & ImageService>) => connect(methods, isHere)

  test('brings request and answer whole, with numbers beyond 32 bits', async () => {
    const { chat } = await connectCaller({ createMessage: async (request) => ({ ...message, ...request }) })
    const answer = await chat.createMessage({ roomId: 'x', userId: 'y', body: message.body, key: 'k' })
    expect(answer).toEqual({ ...message, roomId: 'x', userId: 'y', key: 'k' })
    expect(calls).toEqual(['ChatService.createMessage'])
  })

  test('gives what was left out as empty', async () => {
    const { chat } = await connectCaller({ getMembers: async () => ({ members: [] }) })
    expect(await chat.getMembers({ roomIds: [] })).toEqual({ members: [] })
  })

  test('gives an error its code and its message', async () => {
    const no = new RpcError('full', 'Every place is taken')
    const { chat } = await connectCaller({ createRoom: () => Promise.reject(no) })
    await expect(chat.createRoom({ postId: 'p', ownerId: 'o' })).rejects.toMatchObject({
      name: 'RpcError',
      code: 'full',
      message: 'Every place is taken',
    })
    expect(errors).toEqual([])
  })

  test('keeps what went wrong inside from the caller, and tells who serves', async () => {
    const { chat } = await connectCaller({
      createRoom: () => {
        throw new Error('password=secret')
      },
    })
    const failed = chat.createRoom({ postId: 'p', ownerId: 'o' })
    await expect(failed).rejects.toMatchObject({ code: 'internal', message: expect.not.stringContaining('secret') })
    expect(errors.map((error) => error.message)).toEqual(['password=secret'])
  })

  test('of a service that is away says so, and finds it again when it is back', async () => {
    const { server, chat } = await connectCaller({})
    await server.close()
    await expect(chat.getRooms({ roomIds: [] })).rejects.toMatchObject({ code: 'unavailable' })
    const again = await startRpcServer(
      [served('ChatService', absent({ getRooms: async () => ({ rooms: [] }) }))],
      { ...place, port: server.port },
      () => {},
    )
    opened.push(() => again.close())
    await expect
      .poll(() => chat.getRooms({ roomIds: [] }).catch((error: RpcError) => error.code), { timeout: 10_000 })
      .toEqual({ rooms: [] })
  })

  test('carries messages, so that neither side changes what the other has', async () => {
    const members = [{ roomId: 'r', userIds: ['u'] }]
    const { chat } = await connectCaller({ getMembers: async () => ({ members }) as never })
    const request = { roomIds: ['r'] }
    const answer = (await chat.getMembers(request)) as unknown as { members: { userIds?: string[] }[] }
    answer.members.length = 0
    expect(members).toHaveLength(1)
  })

  test('that is under way comes to its end when the server closes, and no other is taken', async () => {
    const begun = Promise.withResolvers<void>()
    const going = Promise.withResolvers<void>()
    const { server, chat } = await connectCaller({
      async getRooms() {
        begun.resolve()
        await going.promise
        return { rooms: [] }
      },
    })
    const answer = chat.getRooms({ roomIds: [] })
    await begun.promise
    let isClosed = false
    const closed = server.close().then(() => (isClosed = true))
    await sleep(50)
    expect(isClosed).toBe(false)
    await expect(chat.getMembers({ roomIds: [] })).rejects.toMatchObject({ code: 'unavailable' })
    going.resolve()
    expect(await answer).toEqual({ rooms: [] })
    await closed
  })
})

describe('a server', () => {
  test('answers the health check of gRPC', async () => {
    const { server } = await connect({})
    const health = await connectRpc('Health', { part: 'chat', address: server.address, secret: 'none' })
    expect(await health.api.check({ service: '' })).toEqual({ status: 'SERVING' })
    health.close()
  })

  test('answers nobody without its secret, whatever kind of call it is', async () => {
    let called = 0
    const { server } = await connect(
      new Proxy({}, { get: () => () => Promise.reject(new Error(`called ${++called} times`)) }),
    )
    const ways = { addressOf: () => server.address, secret: 'another' }
    const clients = createClients(ways, { onError: (error) => outages.push(error.message) })
    opened.push(() => clients.close())
    const [chat, image] = [await clients.get('ChatService'), await clients.get('ImageService')]
    // Else users would be told that they are not logged in.
    const refused = { code: 'unavailable', message: 'The chat service does not answer' }
    await expect(chat.getRooms({ roomIds: [] })).rejects.toMatchObject(refused)
    expect(outages).toEqual([
      expect.stringMatching(/^The part chat at 127.0.0.1:\d+ .*: it has another RUSHBENCH_SERVICE_SECRET\./),
    ])
    const stream = chat.subscribe(subscription, new AbortController().signal)[Symbol.asyncIterator]()
    await expect(stream.next()).rejects.toMatchObject(refused)
    async function* parts(): AsyncGenerator<UploadPart> {
      yield { header: { ownerId: 'o', contentType: 'image/png' } }
    }
    await expect(image.upload(parts())).rejects.toMatchObject({ code: 'unavailable' })
    const bare = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure())
    const send = (bytes: Buffer) => bytes
    const status = await new Promise((resolve) => {
      bare.makeUnaryRequest('/rushbench.meetups.ChatService/GetRooms', send, send, Buffer.alloc(0), (error) =>
        resolve(error?.code),
      )
    })
    bare.close()
    expect(status).toBe(16)
    expect([called, errors]).toEqual([0, []])
  })

  test('tells with what is too much when to come again', async () => {
    for (const isHere of [true, false]) {
      const no = new RpcError('too-many', 'Come again', undefined, 2.5)
      const { chat } = await connect({ createRoom: () => Promise.reject(no) }, isHere)
      await expect(chat.createRoom({ postId: 'p', ownerId: 'o' })).rejects.toMatchObject({
        code: 'too-many',
        message: 'Come again',
        retryAfterSeconds: 2.5,
      })
    }
  })

  test('does not share its port', async () => {
    const { server } = await connect({})
    await expect(startRpcServer([], { ...place, port: server.port }, () => {})).rejects.toMatchObject({
      code: 'port-in-use',
    })
  })
})

describe('a stream of answers', () => {
  test('comes in order, and ends for the server when who reads it leaves', async () => {
    let ended = false
    const { chat } = await connect({
      async *subscribe(_request, signal) {
        try {
          for (let n = 0; ; n++) {
            yield { message: { ...message, id: String(n) }, cursor: String(n) }
            await sleep(1, null, { signal })
          }
        } finally {
          ended = true
        }
      },
    })
    const seen: (string | undefined)[] = []
    for await (const { message: said } of chat.subscribe(
      { roomId: 'r', userId: 'u', after: '' },
      new AbortController().signal,
    )) {
      seen.push(said?.id)
      if (seen.length === 3) break
    }
    expect(seen).toEqual(['0', '1', '2'])
    await expect.poll(() => ended).toBe(true)
    expect(errors).toEqual([])
  })

  test('is told of an error', async () => {
    const { chat } = await connect({
      // oxlint-disable-next-line require-yield -- it fails before its first answer
      async *subscribe() {
        throw new RpcError('forbidden', 'You are no member')
      },
    })
    const next = chat.subscribe(subscription, new AbortController().signal)[Symbol.asyncIterator]()
    await expect(next.next()).rejects.toMatchObject({ code: 'forbidden', message: 'You are no member' })
  })

  test('ends as unavailable when the server closes', async () => {
    const { server, chat } = await connect({
      async *subscribe(_request, signal) {
        yield { cursor: '0' }
        await sleep(60_000, null, { signal })
      },
    })
    const stream = chat.subscribe(subscription, new AbortController().signal)[Symbol.asyncIterator]()
    expect((await stream.next()).value).toEqual({ message: null, cursor: '0' })
    const next = stream.next()
    const thrown = next.then(
      () => null,
      (error: RpcError) => error.code,
    )
    await server.close()
    expect(await thrown).toBe('unavailable')
  })
})

describe('an upload', () => {
  const of = { ownerId: 'o', ownerKind: 'post', roomId: '' } as const
  const image = { id: 'i', ...of, contentType: 'image/png', bytes: 0, createdAt: 1 }

  async function* passesOf(chunks: number): AsyncGenerator<UploadPart> {
    yield { header: { ownerId: 'o', contentType: 'image/png' } }
    for (let n = 0; n < chunks; n++) yield { chunk: Buffer.alloc(chunkBytes, n) }
  }

  test('brings every chunk', async () => {
    const { image: api } = await connect({
      async upload(parts) {
        let bytes = 0
        for await (const part of parts) if ('chunk' in part) bytes += part.chunk.length
        return { ...image, bytes }
      },
    })
    expect(await api.upload(passesOf(20))).toEqual({ ...image, bytes: 20 * chunkBytes })
  })

  test('that is refused in the middle says why', async () => {
    const { image: api } = await connect({
      upload: () => Promise.reject(new RpcError('full', 'The image is too large')),
    })
    await expect(api.upload(passesOf(500))).rejects.toMatchObject({ code: 'full' })
  })

  test('that is refused while its parts are waited for says so at once', async () => {
    const { image: api } = await connect({
      upload: () => Promise.reject(new RpcError('invalid', 'The image is none')),
    })
    async function* slow() {
      yield* passesOf(1)
      await new Promise(() => {})
    }
    await expect(api.upload(slow())).rejects.toMatchObject({ code: 'invalid' })
  })

  test('that fails while it is read is broken off', async () => {
    let isBroken = false
    const begun = Promise.withResolvers<void>()
    const { image: api } = await connect({
      async upload(parts) {
        try {
          for await (const _ of parts) begun.resolve()
        } finally {
          isBroken = true
        }
        return image
      },
    })
    async function* failing(): AsyncGenerator<UploadPart> {
      yield { header: { ownerId: 'o', contentType: 'image/png' } }
      await begun.promise
      throw new Error('the client went away')
    }
    await expect(api.upload(failing())).rejects.toThrow('the client went away')
    await expect.poll(() => isBroken).toBe(true)
  })
})
