import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createMemoryPubSub } from '../../../../src/lib/adapters/pubsub/pubsub.ts'
import type { PubSub } from '../../../../src/lib/ports/pubsub.ts'
import { outboxChannel } from '../../../../src/lib/workloads/meetups/events.ts'
import { askRaw } from '../../../support/http/raw-client.ts'
import { frame, opcodes, upgrade } from '../../../support/http/raw-web-socket.ts'
import { startMeetups, type Meetups } from '../../../support/meetups/gateway.ts'
import { createPeople, type People, type Person } from '../../../support/meetups/gateway-users.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'

/** What came on a socket, and how it was closed. */
interface Client {
  readonly socket: WebSocket
  readonly seen: readonly { type: string; id?: string; payload?: unknown }[]
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  send(...messages: readonly (object | string)[]): void
}

describe('sockets of a gateway', () => {
  let meetups: Meetups
  let people: People
  let person: Person
  const sockets: WebSocket[] = []
  /** Channels that somebody listens to. */
  let listening = 0

  beforeAll(async () => {
    meetups = await startMeetups(meetupEngines[0]!.open!, counted(createMemoryPubSub()))
    people = createPeople(meetups)
    person = await people.newUser()
  })
  afterAll(() => meetups[Symbol.asyncDispose]())
  // One that failed leaves nothing to the next.
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close()
    await expectNothingLeft()
  })

  function counted(pubsub: PubSub): PubSub {
    return {
      kind: pubsub.kind,
      publish: pubsub.publish,
      async subscribe(channel, listener) {
        const subscription = await pubsub.subscribe(channel, listener)
        // The relay listens always.
        if (channel === outboxChannel) return subscription
        listening++
        return {
          async close() {
            listening--
            await subscription.close()
          },
        }
      },
      [Symbol.asyncDispose]: () => pubsub[Symbol.asyncDispose](),
    }
  }

  async function open(protocol = 'graphql-transport-ws'): Promise<Client> {
    const socket = new WebSocket(`${meetups.origin.replace('http', 'ws')}/graphql`, protocol)
    sockets.push(socket)
    const seen: Client['seen'][number][] = []
    socket.addEventListener('message', ({ data }) => seen.push(JSON.parse(String(data))))
    const closed = new Promise<{ code: number; reason: string }>((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }))
    })
    await new Promise((resolve) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', resolve)
    })
    const send: Client['send'] = (...messages) => {
      for (const message of messages) socket.send(typeof message === 'string' ? message : JSON.stringify(message))
    }
    return { socket, seen, closed, send }
  }

  const init = () => ({ type: 'connection_init', payload: { authorization: `Bearer ${person.idToken}` } })
  const subscribe = (id: string) => ({
    id,
    type: 'subscribe',
    payload: { query: `subscription { createPostResult(sagaId: "${randomUUID()}") { step } }` },
  })

  async function openReady(): Promise<Client> {
    const client = await open()
    client.send(init())
    await expect.poll(() => client.seen).toEqual([{ type: 'connection_ack' }])
    return client
  }

  /** As `/metrics` has it. */
  async function gauge(name: string): Promise<number> {
    const text = await (await fetch(`${meetups.origin}/metrics`)).text()
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
  }

  /** Nobody listens, and nothing is asked, for anybody any more. */
  async function expectNothingLeft(): Promise<void> {
    await expect.poll(() => gauge('subscriptions_active')).toBe(0)
    await expect.poll(() => listening).toBe(0)
    await expect.poll(() => gauge('websockets_open')).toBe(0)
  }

  test('are closed when they subscribe under one id 3,000 times, with all that they had', async () => {
    const { send, closed } = await openReady()
    send(...Array.from({ length: 3000 }, () => subscribe('1')))
    expect(await closed).toEqual({ code: 4409, reason: 'Subscriber for 1 already exists' })
    await expectNothingLeft()
  })

  test('have so many subscriptions each, and an account so many on all', async () => {
    const clients = [await openReady(), await openReady(), await openReady()]
    const refused = () => clients.map(({ seen }) => seen.filter(({ type }) => type === 'error'))
    // One after the other, so that the first has all that a socket may have.
    for (const [index, { send }] of clients.entries()) {
      send(...Array.from({ length: 120 }, (_, n) => subscribe(`s${n}`)))
      await expect.poll(() => refused().flat().length).toBe([20, 40, 160][index])
    }
    for (const { length } of refused()) expect(length).toBeGreaterThanOrEqual(20)
    for (const { payload } of refused().flat())
      expect(payload).toMatchObject([
        { message: expect.stringContaining('end some first'), extensions: { code: 'full' } },
      ])
    await expect.poll(() => gauge('subscriptions_active')).toBe(200)
    await expect.poll(() => listening).toBe(200)
    // Those that are ended make room for others.
    clients[0]!.send(...Array.from({ length: 100 }, (_, n) => ({ type: 'complete', id: `s${n}` })))
    await expect.poll(() => gauge('subscriptions_active')).toBe(100)
    clients[0]!.send(subscribe('s1'))
    await expect.poll(() => gauge('subscriptions_active')).toBe(101)
    for (const { socket } of clients) socket.close()
    await expectNothingLeft()
  })

  test('leave nothing behind, also of what has not begun when they go', async () => {
    for (let n = 0; n < 10; n++) {
      const raw = await upgrade(meetups.origin)
      raw.write(frame(opcodes.text, JSON.stringify(init())))
      for (let m = 0; m < 20; m++) raw.write(frame(opcodes.text, JSON.stringify(subscribe(`s${m}`))))
      await sleep(2 * n)
      raw.destroy()
    }
    const left = await openReady()
    left.send(subscribe('1'), { type: 'complete', id: '1' }, subscribe('1'))
    await expect.poll(() => gauge('subscriptions_active')).toBe(1)
    left.socket.close()
    await expectNothingLeft()
  })

  test.for<[string, (client: Client) => void, number]>([
    ['no JSON', ({ send }) => send('x'), 4400],
    ['a type that there is not', ({ send }) => send({ type: 'start', id: '1', payload: {} }), 4400],
    ['a subscription without an id', ({ send }) => send(init(), { type: 'subscribe', payload: {} }), 4400],
    ['a subscription before anything else', ({ send }) => send(subscribe('1')), 4401],
    ['two beginnings', ({ send }) => send(init(), init()), 4429],
    ['bytes', ({ socket }) => socket.send(new Uint8Array([123, 125])), 1003],
    [
      'a message that is too large',
      ({ send }) => send(init(), { type: 'ping', payload: { x: 'x'.repeat(70_000) } }),
      1009,
    ],
    ['more than it may', ({ send }) => send(init(), ...Array.from({ length: 3000 }, () => ({ type: 'ping' }))), 1008],
    ['nothing', () => {}, 4408],
  ])('are closed that send %s', async ([_what, act, code]) => {
    const client = await open()
    act(client)
    expect((await client.closed).code).toBe(code)
  })

  test('are no sockets elsewhere, and of no other protocol', async () => {
    expect((await (await open('graphql-ws')).closed).code).toBe(1006)
    const elsewhere = 'GET /docs HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
    expect(await askRaw(meetups.origin, elsewhere)).toMatchObject({ status: 404 })
  })

  const handshake = (method: string, ...headers: string[]) =>
    [`${method} /graphql HTTP/1.1`, 'Host: x', 'Connection: Upgrade', ...headers, '', ''].join('\r\n')
  const [offer, key, version] = [
    'Upgrade: websocket',
    `Sec-WebSocket-Key: ${'A'.repeat(22)}==`,
    'Sec-WebSocket-Version: 13',
  ]

  test.each([
    ['no key', handshake('GET', offer, version), 400, 'bad-request'],
    ['a key that is none', handshake('GET', offer, 'Sec-WebSocket-Key: x', version), 400, 'bad-request'],
    ['another version', handshake('GET', offer, key, 'Sec-WebSocket-Version: 7'), 400, 'bad-request'],
    ['another method', handshake('PUT', offer, key, version), 405, 'method-not-allowed'],
  ])('are no sockets with %s, which is said as all errors are', async (_what, text, status, error) => {
    const answer = await askRaw(meetups.origin, text)
    expect(answer).toMatchObject({
      status,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'sec-websocket-version': '13, 8',
      },
    })
    expect(JSON.parse(answer.body)).toEqual({ error, message: expect.stringMatching(/^.{5,}[^.]\.$/) })
  })

  test.each([
    ['null', null],
    ['a list', { query: [] }],
    ['no GraphQL', { query: 'subscription {' }],
    ['JSON', { query: '{"kind":"Document"}' }],
    ['a query', { query: '{ currentUser { id } }' }],
    [
      'an operation that there is not',
      { query: 'subscription a { messageAdded(roomId: "x") { id } }', operationName: 'b' },
    ],
    ['variables that are none', { query: 'subscription ($r: ID!) { messageAdded(roomId: $r) { id } }', variables: [] }],
    ['no variables', { query: 'subscription ($r: ID!) { messageAdded(roomId: $r) { id } }' }],
    [
      'two subscriptions',
      { query: 'subscription { a: messageAdded(roomId: "x") { id } b: messageAdded(roomId: "x") { id } }' },
    ],
  ])('say with a code what is wrong with %s', async (_what, payload) => {
    const { send, seen, socket } = await openReady()
    send({ id: '1', type: 'subscribe', payload })
    await expect.poll(() => seen.length).toBe(2)
    expect(seen[1]).toMatchObject({ type: 'error', id: '1', payload: [{ extensions: { code: 'invalid-query' } }] })
    expect(JSON.stringify(seen[1])).not.toMatch(/undefined|TypeError|Cannot read|destructure/)
    // The id is free again.
    send(subscribe('1'))
    await expect.poll(() => seen.length).toBe(3)
    expect(seen[2]).toMatchObject({ type: 'next', id: '1' })
    socket.close()
  })

  test('say with a code why a subscription may not begin, and why one ends', async () => {
    const [owner, guest] = [await people.newUser(), await people.newUser()]
    const roomId = await people.newPost(owner.idToken)
    await people.approved(roomId, owner.idToken)
    const none = '00000000-0000-4000-8000-000000000000'
    const { seen, send, socket } = await open()
    send({ type: 'connection_init', payload: { authorization: `Bearer ${guest.idToken}` } })
    const begin = (id: string, field: string) =>
      send({ id, type: 'subscribe', payload: { query: `subscription { ${field} { __typename } }` } })
    const errorOf = async (id: string) => {
      await expect.poll(() => seen.some((message) => message.type === 'error' && message.id === id)).toBe(true)
      return seen.find((message) => message.type === 'error' && message.id === id)?.payload
    }
    const refused: readonly (readonly [field: string, code: string, message: string])[] = [
      ['messageAdded(roomId: "x")', 'invalid', 'roomId is no UUID in lower case'],
      [`messageAdded(roomId: "${roomId}", after: "x")`, 'invalid', 'after is no cursor'],
      [`messageAdded(roomId: "${none}")`, 'not-found', 'There is no such room'],
      [`messageAdded(roomId: "${roomId}")`, 'forbidden', 'You are no member of this room'],
      ['createPostResult(sagaId: "x")', 'invalid', 'sagaId is no UUID in lower case'],
    ]
    for (const [index, [field, code, message]] of refused.entries()) {
      begin(`r${index}`, field)
      expect(await errorOf(`r${index}`)).toMatchObject([{ message, extensions: { code } }])
    }
    const apply = `mutation { createApplyPost(postId: "${roomId}") { id } }`
    expect(await people.codesOf(apply, {}, guest.idToken)).toEqual([200])
    const member = `{ room(id: "${roomId}") { id } }`
    await expect.poll(() => people.codesOf(member, {}, guest.idToken)).toEqual([200])
    begin('m', `messageAdded(roomId: "${roomId}")`)
    const say = `mutation { createMessage(roomId: "${roomId}", body: "hello") { id } }`
    await expect
      .poll(async () => {
        await people.codesOf(say, {}, owner.idToken)
        return seen.some(({ type, id }) => type === 'next' && id === 'm')
      })
      .toBe(true)
    await people.codesOf(`mutation { deleteApplyPost(postId: "${roomId}") }`, {}, guest.idToken)
    expect(await errorOf('m')).toMatchObject([{ extensions: { code: 'forbidden' } }])
    socket.close()
  })

  test('of nobody have no subscriptions', async () => {
    const { send, seen, socket } = await open()
    send({ type: 'connection_init', payload: { authorization: 7 } }, subscribe('1'))
    await expect.poll(() => seen.length).toBe(2)
    expect(seen[1]).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'unauthenticated' } }] })
    socket.close()
  })

  test.each(['ping', 'pong'] as const)('are ended that send %ss all the time', async (kind) => {
    const raw = await upgrade(meetups.origin)
    // One that does not begin would be closed for that.
    raw.write(frame(opcodes.text, JSON.stringify({ type: 'connection_init' })))
    raw.write(Buffer.concat(Array.from({ length: 3000 }, () => frame(opcodes[kind], 'x'.repeat(100)))))
    raw.pause()
    // One that answers no ping is ended after 15 s at the earliest.
    await expect.poll(() => gauge('websockets_open'), { timeout: 10_000 }).toBe(0)
    raw.destroy()
  })

  test('whose other side does not answer do not keep the gateway from closing', async () => {
    const own = await startMeetups(meetupEngines[0]!.open!)
    const raw = await upgrade(own.origin)
    raw.write(frame(opcodes.text, JSON.stringify({ type: 'connection_init' })))
    await once(raw, 'data')
    const begun = performance.now()
    await own[Symbol.asyncDispose]()
    expect(performance.now() - begun).toBeLessThan(8000)
    raw.destroy()
  })

  test('have told nobody of an error of the gateway', () => {
    expect(meetups.errors).toEqual([])
  })
})
