import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMeetups, type Meetups } from '../../../support/meetups/gateway.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'

const { open } = meetupEngines[0]!
const password = 'carp-and-trout'
const login =
  'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { user { id } } }'
const createUser =
  'mutation ($email: String!, $password: String!) { createUser(email: $email, name: "N", password: $password) { user { id } } }'

describe('logins under attack', () => {
  let meetups: Meetups

  beforeAll(async () => {
    meetups = await startMeetups(open!)
  })
  afterAll(() => meetups[Symbol.asyncDispose]())

  async function send(query: string, variables: object = {}) {
    const begun = performance.now()
    const response = await fetch(`${meetups.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors = [] } = (await response.json()) as {
      data: Record<string, unknown> | null
      errors?: { extensions: { code: string; retryAfter?: number } }[]
    }
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      data,
      codes: errors.map(({ extensions }) => extensions.code),
      tookMs: performance.now() - begun,
    }
  }

  test('of hundreds who guess, whoever knows the password gets in soon, and others are told when to come again', async () => {
    const mine = `${randomUUID()}@example.org`
    expect(await send(createUser, { email: mine, password })).toMatchObject({ status: 200, codes: [] })
    let hashed = 0
    const flood = Array.from({ length: 400 }, async (_, n) => {
      const answer = await send(login, { email: `nobody${n}@example.org`, password: 'wrong!' })
      if (answer.status === 200) hashed++
      return answer
    })
    // By now they are all in line.
    await new Promise((resolve) => setTimeout(resolve, 300))
    const honest = await send(login, { email: mine, password })
    expect(honest).toMatchObject({ status: 200, codes: [] })
    // Each that was hashed before costs some tens of ms of a core.
    expect(hashed).toBeLessThan(100)
    const answers = await Promise.all(flood)
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(300)
    for (const { status, codes, retryAfter } of answers) {
      if (status === 429) expect([codes, retryAfter]).toEqual([['too-many'], expect.stringMatching(/^[1-9]\d?$/)])
      else expect([status, codes]).toEqual([200, ['unauthenticated']])
    }
    expect(meetups.errors).toEqual([])
  })

  test('that guess at one account get no further than some of them', async () => {
    const email = `${randomUUID()}@example.org`
    await send(createUser, { email, password })
    const guesses = await Promise.all(
      Array.from({ length: 60 }, (_, n) => send(login, { email, password: `guess-${n}` })),
    )
    const tried = guesses.filter(({ codes }) => codes[0] === 'unauthenticated').length
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(60 - tried)
    expect(tried).toBeLessThanOrEqual(30)
    expect((await send(login, { email, password: 'one more' })).status).toBe(429)
  })
})
