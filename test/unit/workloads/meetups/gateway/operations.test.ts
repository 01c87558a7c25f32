import { describe, expect, it } from 'vitest'
import { createErrorFormatter } from '../../../../../src/lib/workloads/meetups/gateway/errors.ts'
import { makeExecutable, type Resolvers } from '../../../../../src/lib/workloads/meetups/gateway/executable.ts'
import {
  createOperations,
  type OperationResponse,
} from '../../../../../src/lib/workloads/meetups/gateway/operations.ts'
import type { ResponseLimits } from '../../../../../src/lib/workloads/meetups/gateway/meter.ts'
import { RpcError } from '../../../../../src/lib/workloads/meetups/rpc/errors.ts'

const text = `
  type Query { one: Thing! many(count: Int!): [Thing!]! slow: String endless: Thing refused: String broken: String wrong: Int }
  type Mutation { change: Boolean! }
  type Thing { name: String! long: String! a: Thing! b: Thing! }
`
const thing = { name: 'x', long: 'y'.repeat(10_000) }

/** How many things were looked at. */
let resolved = 0

const resolvers: Resolvers = {
  Query: {
    one: () => thing,
    many: (_root, { count }: { count: number }) => Array.from({ length: count }, () => thing),
    slow: () => new Promise(() => {}),
    endless: () => thing,
    refused: () => {
      throw new RpcError('forbidden', 'It is not yours')
    },
    broken: () => {
      throw new TypeError('Cannot read properties of undefined')
    },
    wrong: () => 'no number',
  },
  Mutation: { change: () => true },
  Thing: { a: think, b: think },
}

function think() {
  resolved++
  const until = performance.now() + 1
  while (performance.now() < until);
  return thing
}

const told: Error[] = []
const format = createErrorFormatter((error) => told.push(error))

function run(query: string, limits: Partial<ResponseLimits> = {}, mayChange = true): Promise<OperationResponse> {
  const operations = createOperations(makeExecutable(text, [resolvers], []), format, {
    maxBytes: 1024 * 1024,
    maxMs: 10_000,
    ...limits,
  })
  return operations.run({ query, operationName: null, variables: {} }, {} as never, mayChange)
}

const codes = ({ errors = [] }: OperationResponse) => errors.map(({ extensions }) => extensions?.['code'])

describe('an operation', () => {
  it('is answered', async () => {
    expect(await run('{ one { name } }')).toEqual({ data: { one: { name: 'x' } } })
    expect(await run('mutation { change }')).toEqual({ data: { change: true } })
  })

  it.each([
    ['refused by a service', '{ refused }', ['forbidden'], 'It is not yours'],
    ['broken', '{ broken }', ['internal'], 'It could not be carried out'],
    ['of a value that its type does not allow', '{ wrong }', ['internal'], 'It could not be carried out'],
    ['no field', '{ zzzzzz }', ['invalid-query'], 'Cannot query field "zzzzzz" on type "Query".'],
  ])('says what is %s', async (_what, query, expected, message) => {
    told.length = 0
    const answer = await run(query)
    expect(codes(answer)).toEqual(expected)
    expect(answer.errors?.[0]?.message).toBe(message)
    expect(told).toHaveLength(expected[0] === 'internal' ? 1 : 0)
  })

  it('may not change anything where it only may read', async () => {
    expect(codes(await run('mutation { change }', {}, false))).toEqual(['invalid-query'])
  })

  it.each([
    ['long texts', `{ many(count: 100) { ${Array.from({ length: 5 }, (_, n) => `a${n}: long`).join(' ')} } }`],
    ['long names', `{ many(count: 1000) { ${'n'.repeat(2000)}: name } }`],
    ['many entries', '{ many(count: 100000) { name } }'],
    [
      'names of types',
      `{ many(count: 100) { ${Array.from({ length: 90 }, (_, n) => `${'n'.repeat(140)}${n}: __typename`).join(' ')} } }`,
    ],
    [
      'names of types in fragments',
      `{ many(count: 100) { ...f ... on Thing { ...f } } } fragment f on Thing { ${Array.from({ length: 90 }, (_, n) => `${'n'.repeat(140)}${n}: __typename`).join(' ')} }`,
    ],
  ])('is given up when its answer becomes too large by %s', async (_what, query) => {
    const answer = await run(query)
    expect(answer).toMatchObject({
      data: null,
      errors: [{ message: 'The answer has more than 1 MiB: ask for less at once' }],
    })
    expect(codes(answer)).toEqual(['too-large'])
  })

  it('is given up when it takes too long, also while it never waits', async () => {
    const waiting = await run('{ slow }', { maxMs: 30 })
    expect(waiting).toMatchObject({ data: null, errors: [{ message: 'The operation takes longer than 0.03 s' }] })
    expect(codes(waiting)).toEqual(['unavailable'])
    resolved = 0
    const levels = Array.from(
      { length: 11 },
      (_, n) => `fragment f${n} on Thing { a { ...f${n + 1} } b { ...f${n + 1} } }`,
    )
    const deep = `{ endless { ...f0 } } ${levels.join(' ')} fragment f11 on Thing { name }`
    const begun = performance.now()
    expect(codes(await run(deep, { maxMs: 100 }))).toEqual(['unavailable'])
    // Without an end it would be 4,095 of them, of a ms each.
    expect(performance.now() - begun).toBeLessThan(2000)
    expect(resolved).toBeLessThan(1000)
  })
})
