import { getIntrospectionQuery } from 'graphql'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { posts } from '../../../../src/lib/workloads/meetups/post/tables.ts'
import { startMeetups, type Meetups } from '../../../support/meetups/gateway.ts'
import { createPeople, type Person } from '../../../support/meetups/gateway-users.ts'
import { meetupEngines } from '../../../support/meetups/meetup-database.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const many = (count: number, part: (n: number) => string) => Array.from({ length: count }, (_, n) => part(n)).join(' ')

describe('a gateway that is asked for too much', () => {
  let meetups: Meetups
  let person: Person

  beforeAll(async () => {
    meetups = await startMeetups(meetupEngines[0]!.open!)
    person = await createPeople(meetups).newUser()
  })
  afterAll(() => meetups[Symbol.asyncDispose]())

  /** The answer's status, its codes and its size, within ten seconds. */
  async function attack(query: string, variables: object = {}) {
    const response = await fetch(`${meetups.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(10_000),
    })
    const text = await response.text()
    const { errors = [] } = JSON.parse(text) as { errors?: readonly { extensions: { code: string } }[] }
    return {
      status: response.status,
      codes: [...new Set(errors.map(({ extensions }) => extensions.code))],
      size: text.length,
    }
  }

  test('refuses questions about the schema that cost too much, at once, and answers those of tools', async () => {
    const fields = 'fragment T on __Field { type { ' + many(10, (n) => `b${n}: fields { name }`) + ' } }'
    const wide = `{ __schema { types { ${many(60, (n) => `a${n}: fields { ...T }`)} } } } ${fields}`
    const begun = performance.now()
    for (const query of [
      wide,
      `{ ${many(60, (n) => `a${n}: __schema { types { ...T } }`)} } fragment T on __Type { name description fields { name description }} }`,
      `query ($n: String = "Post") { ${many(12, (n) => `a${n}: __type(name: $n) { fields { ${many(12, (m) => `b${m}: description`)} } }`)} }`,
    ])
      expect(await attack(query)).toMatchObject({ status: 400, codes: ['invalid-query'] })
    expect(performance.now() - begun).toBeLessThan(5000)
    const { status, size } = await attack(getIntrospectionQuery())
    expect([status, size > 10_000, size < 200_000]).toEqual([200, true, true])
  })

  test('gives up an answer that becomes too large, and goes on', async () => {
    const { store } = meetups.place.database
    const at = Date.now()
    const rows = Array.from({ length: 100 }, (_, n) => {
      const id = `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
      return {
        id,
        user_id: person.id,
        title: 'x',
        content: '\u{1F41F}'.repeat(2000),
        prefecture: 1,
        spot_type: 'LAKE',
        fish_types: ',CARP,',
        meeting_at: at,
        meeting_key: `${at}-${id}`,
        max_apply: 1,
        places_left: 1,
        state: 'approved' as const,
        saga_id: id,
        created_at: at,
      }
    })
    await store.insert(posts, rows)
    const page = (count: number) =>
      `{ posts(first: 100) { edges { node { ${many(count, (n) => `a${n}: content`)} } } } }`
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < 5; n++) expect(await attack(page(90))).toMatchObject({ status: 200, codes: ['too-large'] })
    // Whole, each would have 36 MB of text, and more as JSON.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(150 * 2 ** 20)
    expect(await attack(page(5))).toMatchObject({ status: 200, codes: [] })
    await store.remove(posts, { user_id: person.id })
  })

  test('keeps little of documents that come once, and nothing of those that are none', async () => {
    const field = many(150, (n) => `a${n}: id`)
    const padding = '#'.repeat(10_000)
    await attack(`query first { currentUser { ${field} } } ${padding}`)
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < 100; n++) {
      const [good, bad] = [
        `query q${n} { currentUser { ${field} } } ${padding}`,
        `{ none${n} { ${field} } } ${padding}`,
      ]
      expect((await attack(good)).codes).toEqual(['unauthenticated'])
      expect((await attack(bad)).codes).toEqual(['invalid-query'])
    }
    collectGarbage()
    // Kept, they would take 60 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(30 * 2 ** 20)
    expect(await attack(`{ currentUser { id } } ${'#'.repeat(50_000)}`)).toMatchObject({
      status: 400,
      codes: ['invalid-query'],
    })
  })

  test('lets nobody guess a hundred passwords with one operation', async () => {
    const guesses = many(100, (n) => `a${n}: login(email: "${person.email}", password: "guess${n}") { user { id } }`)
    const before = await meetups.calls()
    expect(await attack(`mutation { ${guesses} }`)).toMatchObject({ status: 400, codes: ['invalid-query'] })
    expect(await meetups.calls()).toEqual(before)
  })

  test('repeats little of what it refuses', async () => {
    const word = 'x'.repeat(10_000)
    const { size } = await attack(
      `{ posts(filter: { spotType: ${word}, fishTypes: [${word.slice(0, 4000)}] }) { ${word.slice(0, 1000)} } }`,
    )
    expect(size).toBeLessThan(10_000)
    const fishTypes = Array.from({ length: 1000 }, () => 'x'.repeat(40))
    const { status, size: ofVariables } = await attack(
      'query ($f: PostFilter) { posts(filter: $f) { edges { cursor } } }',
      {
        f: { fishTypes },
      },
    )
    expect([status, ofVariables < 50_000]).toEqual([400, true])
  })

  test('has told nobody of an error of its own', () => {
    expect(meetups.errors).toEqual([])
  })
})
