import fc from 'fast-check'
import { buildSchema, execute, getIntrospectionQuery, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { costOf, maxCost } from '../../../../../src/lib/workloads/meetups/gateway/cost.ts'
import { schema as text } from '../../../../../src/lib/workloads/meetups/gateway/schema.ts'

const schema = buildSchema(text)
const types = Object.keys(schema.getTypeMap()).length
const cost = (query: string, variables: Record<string, unknown> = {}) => costOf(schema, parse(query), variables)

describe('what an operation costs', () => {
  it.each([
    ['a field of an object', '{ currentUser { name } }', 2],
    ['two of them', '{ currentUser { id name } }', 3],
    // A page is a call, which costs 100. posts, and 30 times: edges, node, title, user, name.
    ['a page', '{ posts(first: 30) { edges { node { title user { name } } } } }', 100 + 1 + 30 * 5],
    ['a page that does not say how long it is: the longest', '{ posts { edges { cursor } } }', 100 + 1 + 100 * 2],
    ['a page of a length that there cannot be', '{ posts(first: -5) { edges { cursor } } }', 100 + 1 + 100 * 2],
    // Each list counts as ten: applications, images.
    ['lists', '{ post(id: "x") { applications { id } images { id path } } }', 1 + (1 + 10) + (1 + 20)],
    ['a list of objects with lists', '{ room(id: "x") { members { user { name } } } }', 1 + 1 + 10 * 2],
    ['a page in an object', '{ room(id: "x") { messages(first: 3) { messages { id } } } }', 1 + 50 + 1 + 3 * 2],
    ['a mutation', 'mutation { logout(refreshToken: "x") }', 100 + 1],
    ['one that hashes a password', 'mutation { login(email: "x", password: "y") { user { id } } }', 1000 + 1 + 2],
    ['a subscription', 'subscription { messageAdded(roomId: "x") { id user { name } } }', 4],
    ['what has no type of ours', '{ __typename __schema { types { name } } }', 1 + 2 + types],
    ['what one type has', '{ __type(name: "Tokens") { name fields { name } } }', 1 + 1 + 1 + 4],
    ['one that a variable names', 'query ($n: String = "Tokens") { __type(name: $n) { fields { name } } }', 1 + 1 + 4],
    ['an inline fragment, as if it were written out', '{ currentUser { ... on User { id name } } }', 3],
    ['a fragment', '{ currentUser { ...f } } fragment f on User { id name }', 3],
    ['a fragment that there is not', '{ currentUser { ...g } }', 1],
    ['a fragment that contains itself', '{ currentUser { ...f } } fragment f on User { id ...f }', 2],
    ['the dearest of several operations', 'query a { currentUser { id } } query b { currentUser { id name } }', 3],
  ])('%s', (_what, query, expected) => {
    expect(cost(query)).toBe(expected)
  })

  it.each([
    [{ n: 7 }, 101 + 7 * 2],
    [{}, 101 + 100 * 2],
    [{ n: '7' }, 101 + 100 * 2],
    [{ n: 0 }, 101 + 100 * 2],
  ])('takes the length of a page from the variables %j, where it is there', (variables, expected) => {
    expect(cost('query ($n: Int) { posts(first: $n) { edges { cursor } } }', variables)).toBe(expected)
  })

  it('counts what a question about the schema is answered with, whatever it asks', async () => {
    const leaves = ['name', 'description', '__typename'] as const
    const { type } = fc.letrec<{ type: string; field: string }>((tie) => ({
      field: fc.tuple(fc.constantFrom(...leaves), tie('type')).map(([leaf, inner]) => `${leaf} type { ${inner} }`),
      type: fc.oneof(
        { maxDepth: 2 },
        fc.constantFrom(...leaves, 'kind'),
        tie('field').map((inner) => `fields(includeDeprecated: true) { ${inner} } ofType { name }`),
        tie('field').map((inner) => `name inputFields(includeDeprecated: true) { ${inner} }`),
        tie('type').map(
          (inner) => `a: possibleTypes { ${inner} } ofType { ${inner} } enumValues(includeDeprecated: true) { name }`,
        ),
      ),
    }))
    await fc.assert(
      fc.asyncProperty(
        type,
        fc.constantFrom('Post', 'PostInput', 'SpotType', 'ID', '__Type', 'None'),
        async (asked, name) => {
          const document = parse(`{ __schema { types { ${asked} } } b: __type(name: "${name}") { ${asked} } }`)
          const { data } = await execute({ schema, document })
          const fields = fieldsOf(data)
          // Much text costs as well.
          expect(costOf(schema, document, {}, Infinity)).toBeGreaterThanOrEqual(fields)
          expect(costOf(schema, document, {}, Infinity)).toBeLessThan(2 * fields + 100)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('lets tools ask for the whole schema, and gives up soon what asks for much more', () => {
    expect(cost(getIntrospectionQuery())).toBeLessThan(maxCost)
    const many = (count: number, part: (n: number) => string) =>
      Array.from({ length: count }, (_, n) => part(n)).join(' ')
    const inner = many(100, (n) => `b${n}: fields { name }`)
    const query = `{ __schema { types { ${many(100, (n) => `a${n}: fields { type { ${inner} } }`)} } } }`
    const begun = performance.now()
    expect(cost(query)).toBeGreaterThan(maxCost)
    const roots = many(200, (n) => `r${n}: __schema { types { ...f0 } }`)
    const chain = many(200, (n) => `fragment f${n} on __Type { ...f${n + 1} }`)
    expect(cost(`{ ${roots} } ${chain} fragment f200 on __Type { name }`)).toBeGreaterThan(maxCost)
    // Some ms; it took two minutes.
    expect(performance.now() - begun).toBeLessThan(5000)
  })

  it('adds up fragments that name the next one twice, without going through them all', () => {
    const levels = 40
    const fragments = Array.from({ length: levels }, (_, n) => `fragment f${n} on User { ...f${n + 1} ...f${n + 1} }`)
    const query = `{ currentUser { ...f0 } } ${fragments.join(' ')} fragment f${levels} on User { id }`
    expect(cost(query)).toBe(1 + 2 ** levels)
  })

  it('is that of its parts, however they are put together', () => {
    /** A selection of fields of a user or a post, and what it costs. */
    type Selection = readonly [text: string, cost: number]
    const join = (parts: readonly Selection[]): Selection => [
      parts.map(([part]) => part).join(' '),
      parts.reduce((sum, [, each]) => sum + each, 0),
    ]
    const leaf = fc.constantFrom<Selection>(['id', 1], ['createdAt', 1])
    const { post } = fc.letrec<{ user: Selection; post: Selection; field: Selection }>((tie) => ({
      user: fc.array(leaf, { minLength: 1, maxLength: 3 }).map(join),
      field: fc.oneof(
        { maxDepth: 4 },
        leaf,
        tie('user').map(([inner, each]): Selection => [`user { ${inner} }`, 1 + each]),
        tie('user').map(([inner, each]): Selection => [`applications { user { ${inner} } }`, 1 + 10 * (1 + each)]),
        tie('post').map(([inner, each]): Selection => [`... on Post { ${inner} }`, each]),
      ),
      post: fc.array(tie('field'), { minLength: 1, maxLength: 4 }).map(join),
    }))
    fc.assert(
      fc.property(post, fc.integer({ min: 1, max: 100 }), ([inner, each], first) => {
        expect(cost(`{ posts(first: ${first}) { edges { node { ${inner} } } } }`)).toBe(101 + first * (1 + 1 + each))
      }),
    )
  })
})

/** How many fields an answer has, in all of its objects. */
function fieldsOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + fieldsOf(entry), 0)
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce<number>((sum, entry) => sum + 1 + fieldsOf(entry), 0)
}
