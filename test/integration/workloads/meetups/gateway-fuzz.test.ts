import fc from 'fast-check'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { upgrade } from '../../../support/http/raw-web-socket.ts'
import { startMeetups, type Meetups } from '../../../support/meetups/gateway.ts'
import { createPeople, type Person } from '../../../support/meetups/gateway-users.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'

const numRuns = 60

describe('a gateway that is sent whatever there is', () => {
  let meetups: Meetups
  let person: Person
  let post: string

  beforeAll(async () => {
    meetups = await startMeetups(meetupEngines[0]!.open!)
    const people = createPeople(meetups)
    person = await people.newUser()
    post = await people.newPost(person.idToken)
  })
  afterAll(() => meetups[Symbol.asyncDispose]())

  /** Nothing that a client sends is an error of the server. */
  async function expectWell(): Promise<void> {
    expect(meetups.errors).toEqual([])
    const { status, data } = await meetups.ask('{ posts(first: 1) { edges { cursor } } }')
    expect([status, data.posts.edges.length >= 0]).toEqual([200, true])
  }

  async function send(body: string, type = 'application/json'): Promise<number> {
    const headers = { 'content-type': type, authorization: `Bearer ${person.idToken}` }
    const response = await fetch(`${meetups.origin}/graphql`, { method: 'POST', headers, body })
    await response.text()
    return response.status
  }

  test('answers any body', async () => {
    const value = fc.jsonValue({ maxDepth: 3 })
    const request = fc.record({ query: fc.oneof(value, fc.string()), variables: value, operationName: value })
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      request.map((given) => JSON.stringify(given)),
    )
    const types = fc.constantFrom('application/json', 'application/graphql', 'text/plain', 'multipart/form-data')
    await fc.assert(
      fc.asyncProperty(bodies, types, async (body, type) => {
        const status = await send(body, type)
        expect(status).toBeLessThan(500)
      }),
      { numRuns },
    )
    await expectWell()
  })

  test.each([
    ['{"v": 12345678901234567890}', 'variables.v has more digits than a number can hold'],
    ['{"v": 1e400}', 'variables.v has more digits than a number can hold'],
    ['{"v": "\\ud83d"}', 'variables.v has characters that are no text'],
    ['{"v": "a", "v": "b"}', 'variables.v is there twice'],
    ['{"__proto__": {"v": "a"}}', 'variables.__proto__ is no name of a field'],
  ])('refuses variables that would become others: %s', async (variables, message) => {
    const response = await fetch(`${meetups.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"query": "query ($v: ID!) { post(id: $v) { id } }", "variables": ${variables}}`,
    })
    expect([response.status, await response.json()]).toEqual([
      422,
      { data: null, errors: [{ message, extensions: { code: 'invalid-query' } }] },
    ])
  })

  test.each([{ kind: 'Document', definitions: [] }, {}, [], 'x', 7, -1, true, null])(
    'takes JSON for no query, which has not been parsed: %j',
    async (document) => {
      const { status, errors } = await meetups.ask(` ${JSON.stringify(document)}`)
      expect([status, errors?.map(({ extensions }) => extensions.code)]).toEqual([400, ['invalid-query']])
      await expectWell()
    },
  )

  test('answers any values of variables', async () => {
    const operations = fc.constantFrom(
      'query ($v: String) { posts(first: 3, after: $v) { edges { cursor } } }',
      'query ($v: PostFilter) { posts(first: 3, filter: $v) { edges { cursor } } }',
      'query ($v: Int) { posts(first: $v) { edges { cursor } } }',
      'query ($v: ID!) { post(id: $v) { title images { path } } room(id: $v) { createdAt } user(id: $v) { name } }',
      'mutation ($v: PostInput!) { createPost(input: $v) { sagaId } }',
      'mutation ($v: ID!) { createApplyPost(postId: $v, key: $v) { id } }',
      'mutation ($v: String!) { refreshIDToken(refreshToken: $v) { idToken } }',
      'mutation ($v: String!) { updateUser(name: $v, introduction: $v) { name } }',
    )
    const input = fc.record(
      {
        title: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('x')),
        content: fc.constant('x'),
        prefecture: fc.integer(),
        spotType: fc.constantFrom('LAKE', 'lake'),
        fishTypes: fc.array(fc.constantFrom('CARP', 'x')),
        meetingAt: fc.oneof(fc.string(), fc.constant('2030-01-01T00:00:00Z')),
        meetingFrom: fc.constantFrom('1969-01-01T00:00:00Z', '9999-12-31T23:59:59Z'),
        maxApply: fc.integer(),
        open: fc.boolean(),
        userId: fc.string(),
      },
      { requiredKeys: [] },
    )
    const values = fc.oneof(input, fc.jsonValue(), fc.string({ unit: 'binary' }), fc.uuid())
    await fc.assert(
      fc.asyncProperty(operations, values, async (query, v) => {
        const { status, data, errors = [] } = await meetups.ask(query, { v }, person.idToken)
        // 422: what JSON cannot hold as it is written.
        expect([200, 400, 422]).toContain(status)
        for (const { extensions } of errors) expect(extensions.code).not.toBe('internal')
        expect(errors.length > 0 || data !== null).toBe(true)
      }),
      { numRuns: 3 * numRuns },
    )
    await expectWell()
  })

  test('answers any image, and any name of one', async () => {
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.uint8Array({ maxLength: 100 }).map((rest) => Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, ...rest])),
    )
    const types = fc.constantFrom('image/jpeg', 'image/png', 'text/html', 'multipart/form-data; boundary=x')
    const owners = fc.oneof(fc.constant(post), fc.string({ unit: 'grapheme' }))
    await fc.assert(
      fc.asyncProperty(bodies, types, owners, async (body, type, owner) => {
        const headers = { 'content-type': type, authorization: `Bearer ${person.idToken}` }
        const url = `${meetups.origin}/images?post=${encodeURIComponent(owner)}`
        const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) })
        const { error } = (await response.json()) as { readonly error?: string }
        expect(error).not.toBe('internal')
        expect([201, 403, 404, 413, 422]).toContain(response.status)
      }),
      { numRuns },
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.constantFrom('../../etc/passwd', '%00', '..%2f')), async (name) => {
        const response = await fetch(`${meetups.origin}/images/${encodeURIComponent(name)}`)
        await response.arrayBuffer()
        expect([400, 404, 414, 422]).toContain(response.status)
      }),
      { numRuns },
    )
    await expectWell()
  })

  test('outlives any text and any bytes on a WebSocket', async () => {
    const frame = fc.record(
      {
        type: fc.constantFrom('connection_init', 'subscribe', 'ping', 'complete', 'start', '', 'next'),
        id: fc.oneof(fc.constant('1'), fc.jsonValue()),
        payload: fc.oneof(
          fc.jsonValue(),
          fc.record({ authorization: fc.oneof(fc.jsonValue(), fc.constant(`Bearer ${person.idToken}`)) }),
          fc.record({
            query: fc.oneof(
              fc.string(),
              fc.constant('subscription ($v: ID!) { messageAdded(roomId: $v, after: $v) { id } }'),
              fc.constant('subscription ($v: ID!) { createPostResult(sagaId: $v) { step } }'),
            ),
            variables: fc.oneof(fc.jsonValue(), fc.record({ v: fc.oneof(fc.jsonValue(), fc.constant(post)) })),
          }),
        ),
      },
      { requiredKeys: ['type'] },
    )
    const texts = fc.array(
      fc.oneof(
        fc.string(),
        frame.map((given) => JSON.stringify(given)),
      ),
      { maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(texts, async (given) => {
        const socket = new WebSocket(`${meetups.origin.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
        const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
        await new Promise((resolve) => socket.addEventListener('open', resolve))
        for (const text of given) socket.send(text)
        socket.close()
        await closed
      }),
      { numRuns },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        const socket = await upgrade(meetups.origin)
        socket.end(bytes)
        await once(socket.resume(), 'close')
      }),
      { numRuns: 20 },
    )
    await expectWell()
  })
})
