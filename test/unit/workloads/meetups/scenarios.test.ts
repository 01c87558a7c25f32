import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../../../src/lib/ports/scenario.ts'
import { readDelivery } from '../../../../src/lib/workloads/meetups/ledger.ts'
import { fishTypes, spotTypes } from '../../../../src/lib/workloads/meetups/post/contract.ts'
import { refuse, silence, visit, type Visit } from '../../../support/meetups/scripted-gateway.ts'

const namesOf = ({ asked }: Visit) => asked.map(({ name }) => name)
const countOf = (visited: Visit, step: string) => visited.steps.find(({ name }) => name === step)?.requests ?? 0
const of = (resource: RegExp) => (entry: LedgerEntry) => resource.test(String(entry.resource))

describe.each(['browse', 'join', 'host', 'chat'])('the scenario %s', (name) => {
  it('names its steps by their operations, and nothing goes wrong where all goes well', async () => {
    const visited = await visit(name)
    expect([visited.failures, visited.failureReasons]).toEqual([0, {}])
    expect(visited.asked.length).toBeGreaterThan(10)
    for (const { name: operation, query } of visited.asked) {
      const [definition] = parse(query).definitions
      expect(definition).toMatchObject({ name: { value: operation } })
      expect(countOf(visited, operation)).toBe(namesOf(visited).filter((each) => each === operation).length)
    }
  })

  it('takes an answer with errors for a failure, though its status is 200', async () => {
    const first = { browse: 'posts', join: 'login', host: 'createUser', chat: 'login' }[name]!
    const visited = await visit(name, { [first]: refuse('internal') })
    expect(visited.failureReasons).toEqual({ 'error internal': countOf(visited, first) })
    expect(visited.outcomes).toMatchObject({ booked: 0 })
  })
})

describe.each([
  ['join', 'login', 'createApplyPost'],
  ['host', 'createUser', 'createPost'],
  ['chat', 'login', 'createPost'],
])('the scenario %s, where there are too many logins', (name, first, next) => {
  const errors = [{ extensions: { code: 'too-many', retryAfter: 9 } }]
  const tooMany = { status: 429, body: Buffer.from(JSON.stringify({ data: null, errors })) }

  it('does as it is told: it comes again later, and goes on then', async () => {
    let refused = 0
    const reply = () => (++refused <= 3 ? tooMany : { [first]: { tokens: { idToken: 'i', refreshToken: 'r0' } } })
    const visited = await visit(name, { [first]: reply }, { seconds: 120 })
    expect(visited.failureReasons).toEqual({ 'status 429': 3 })
    expect(visited.errorReasons).toEqual({})
    expect(countOf(visited, next)).toBeGreaterThan(0)
  })

  it('asks once in as long as it is told', async () => {
    const visited = await visit(name, { [first]: () => tooMany }, { seconds: 100 })
    expect(visited.failureReasons).toEqual({ 'status 429': countOf(visited, first) })
    expect(countOf(visited, first)).toBeGreaterThanOrEqual(9)
    expect(countOf(visited, first)).toBeLessThanOrEqual(12)
    expect(visited.outcomes).toMatchObject({ booked: 0, failed: 0 })
  })
})

describe('who hosts', () => {
  it('signs up once, posts with an image each, waits for the saga, and looks at what is shown', async () => {
    const visited = await visit('host')
    const [signUp, ...rest] = namesOf(visited)
    expect(signUp).toBe('createUser')
    // In the first post: made, looked at twice until it is approved, and its images.
    expect(rest.slice(0, 5)).toEqual(['createPost', 'postState', 'postState', 'postImages', 'createPost'])
    expect(rest).not.toContain('createUser')
    const upload = visited.sentRequests.find(({ path }) => path.startsWith('/images?'))!
    expect(upload).toMatchObject({ method: 'POST', path: '/images?post=post-1' })
    expect(upload.headers).toEqual({ authorization: 'Bearer host', 'content-type': 'image/png' })
    expect(countOf(visited, 'image')).toBeGreaterThan(3)
    expect(visited.entries.slice(0, 2)).toEqual([
      { key: 'post-1', resource: 'post', outcome: 'booked', id: 'post-1' },
      { key: 'image', resource: 'image of post post-1', outcome: 'booked', id: 'image' },
    ])
  })

  it('complains about an image that is not what was sent, and about one that is not shown', async () => {
    const other = await visit('host', { 'GET /images/image': () => ({ status: 200, body: Buffer.from('other') }) })
    expect(other.failureReasons).toEqual({ 'it is not what was sent': countOf(other, 'image') })
    const hidden = await visit('host', { postImages: () => ({ post: { images: [] } }) })
    expect(Object.keys(hidden.errorReasons)).toEqual(['host: the post does not show an acknowledged image'])
  })

  it('expects no image of a post that is rejected, nor one that was not taken', async () => {
    const rejected = await visit('host', { postState: () => ({ post: { state: 'REJECTED' } }) })
    expect(Object.keys(rejected.errorReasons)).toEqual(['host: the saga has rejected the post'])
    expect(rejected.entries.filter(of(/^image/))).toEqual([])
    const refused = await visit('host', { 'POST /images': () => ({ status: 413 }) })
    expect(refused.failureReasons).toEqual({ 'status 413': countOf(refused, 'uploadImage') })
    expect(refused.entries.filter(of(/^image/))).toEqual([])
  })
})

describe('who browses', () => {
  it('asks for what there can be, and now and then goes on behind the cursor', async () => {
    const { asked } = await visit('browse', {}, { seconds: 600 })
    const lists = asked.filter(({ name }) => name === 'posts')
    const next = lists.filter(({ variables }) => variables.after === 'cursor')
    expect(next.length / lists.length).toBeGreaterThan(0.2)
    expect(next.length / lists.length).toBeLessThan(0.5)
    for (const { variables } of lists) {
      const { prefecture = 1, spotType = 'LAKE', fishTypes: fish = ['CARP'], ...rest } = variables.filter
      expect(prefecture >= 1 && prefecture <= 47).toBe(true)
      expect(spotTypes).toContain(spotType)
      expect(fishTypes).toContain(fish[0])
      expect([{}, { open: true }]).toContainEqual(rest)
    }
    expect(asked.filter(({ name }) => name === 'post').length).toBeGreaterThan(50)
  })
})

describe('who joins', () => {
  it('logs in once, renews its token now and then, and withdraws from one in three', async () => {
    const { asked, entries } = await visit('join', {}, { seconds: 3000 })
    const count = (name: string) => asked.filter((each) => each.name === name).length
    expect(count('login')).toBe(1)
    expect(count('refreshIDToken') / count('posts')).toBeGreaterThan(0.02)
    expect(count('refreshIDToken') / count('posts')).toBeLessThan(0.1)
    // Each is the one that the last answer brought.
    const renewed = asked.filter(({ name }) => name === 'refreshIDToken').map(({ variables }) => variables.refreshToken)
    expect(renewed).toEqual(renewed.map((_, n) => `r0${'+'.repeat(n)}`))
    expect(count('deleteApplyPost') / count('createApplyPost')).toBeGreaterThan(0.2)
    expect(count('deleteApplyPost') / count('createApplyPost')).toBeLessThan(0.47)
    expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length)
  })

  it.each([
    ['full', refuse('full'), 'conflict', {}],
    ['taken', refuse('taken'), 'conflict', {}],
    ['unavailable', refuse('unavailable'), 'unknown', { 'error unavailable': expect.any(Number) }],
    ['internal', refuse('internal'), 'failed', { 'error internal': expect.any(Number) }],
    ['no answer', silence(true), 'unknown', { 'connection reset': expect.any(Number) }],
    ['nothing sent', silence(false), 'failed', { 'connection reset': expect.any(Number) }],
  ] as const)('writes down what became of it: %s', async (_what, reply, outcome, reasons) => {
    const visited = await visit('join', { createApplyPost: reply })
    expect(new Set(visited.entries.map((entry) => entry.outcome))).toEqual(new Set([outcome]))
    expect(visited.failureReasons).toEqual(reasons)
    expect(namesOf(visited)).not.toContain('deleteApplyPost')
  })
})

describe('who chats', () => {
  const deliveries = ({ entries }: Visit) => entries.filter((entry) => readDelivery(entry) !== null)

  it('is two members who both get each message, from behind the first on', async () => {
    const visited = await visit('chat')
    const said = visited.entries.filter(of(/^room/))
    expect(said.length).toBeGreaterThan(5)
    const subscribers = [...new Set(deliveries(visited).map((entry) => readDelivery(entry)!.subscriber))]
    expect(subscribers).toHaveLength(2)
    for (const subscriber of subscribers) {
      const got = deliveries(visited).filter((entry) => readDelivery(entry)!.subscriber === subscriber)
      expect(got.map(({ id }) => id)).toEqual(said.slice(1).map(({ id }) => id))
    }
    expect(visited.sent.filter(({ type }) => type === 'connection_init')).toHaveLength(2)
    const subscribed = visited.sent.find(({ type }) => type === 'subscribe')
    expect(subscribed?.['payload']).toMatchObject({ variables: { roomId: 'post-1', after: said[0]!.id } })
  })

  it('waits until who has applied is let in', async () => {
    let looks = 0
    const room = () => (++looks < 4 ? refuse('forbidden')() : { room: { messages: { messages: [] } } })
    const visited = await visit('chat', { room }, { seconds: 10 })
    expect(looks).toBeGreaterThanOrEqual(4)
    expect(visited.failureReasons).not.toHaveProperty('error forbidden')
  })

  it('writes down what did not come, though it was connected all the time', async () => {
    const visited = await visit('chat', {}, { tell: null })
    expect(deliveries(visited).length).toBeGreaterThan(5)
    for (const entry of deliveries(visited)) expect(entry).toMatchObject({ outcome: 'failed' })
    expect(visited.failureReasons).toEqual({ timeout: countOf(visited, 'messageAdded') })
  })

  it('connects again as another subscriber where the connection was lost, and expects nothing of the lost one', async () => {
    const visited = await visit('chat', {}, { lostAfter: 3 })
    const noted = deliveries(visited)
    const counts = Map.groupBy(noted, (entry) => readDelivery(entry)!.subscriber)
    expect(counts.size).toBeGreaterThan(3)
    for (const got of counts.values()) expect(got.length).toBeLessThanOrEqual(3)
    expect(noted.every(({ outcome }) => outcome === 'booked')).toBe(true)
  })

  it('complains when the subscription is ended', async () => {
    const visited = await visit('chat', {}, { tell: () => [{ type: 'error', id: '1', payload: [{ message: 'no' }] }] })
    const [reason] = Object.keys(visited.errorReasons)
    expect(reason).toBe('chat: the subscription was ended: {"type":"error","id":"1","payload":[{"message":"no"}]}')
    expect(deliveries(visited)).toEqual([])
  })

  it('complains when a room does not show what was acknowledged', async () => {
    const visited = await visit('chat', { room: () => ({ room: { messages: { messages: [] } } }) })
    expect(Object.keys(visited.errorReasons)).toEqual(['chat: the other member does not see an acknowledged message'])
  })
})
