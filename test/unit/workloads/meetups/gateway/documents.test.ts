import fc from 'fast-check'
import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import {
  createDocuments,
  defaultDocumentLimits,
  InvalidDocument,
} from '../../../../../src/lib/workloads/meetups/gateway/documents.ts'
import { schema as text } from '../../../../../src/lib/workloads/meetups/gateway/schema.ts'

const schema = buildSchema(text)
const fields = (count: number, name = 'id') => Array.from({ length: count }, (_, n) => `f${n}: ${name}`).join(' ')

/** Why a document is refused; null where it is not. */
function refusalOf(source: string, documents = createDocuments(schema)): string | null {
  try {
    documents.read(source)
    return null
  } catch (error) {
    if (error instanceof InvalidDocument) return error.errors.map(({ message }) => message).join('; ')
    throw error
  }
}

describe('documents', () => {
  it.each([
    ['no GraphQL', '{ posts(', 'Syntax Error'],
    ['nothing', '', 'Syntax Error'],
    ['JSON', '{"kind":"Document","definitions":[]}', 'Syntax Error'],
    ['what is too long', `{ currentUser { id } } # ${'x'.repeat(16 * 1024)}`, 'has 16409 bytes, more than 16384'],
    ['too many words', `{ currentUser { ${fields(400)} } }`, 'more that 500 tokens'],
    [
      'what goes too deep',
      `{ __schema { types { fields { type { ${'ofType { '.repeat(12)} name ${'} '.repeat(17)}`,
      '17 levels',
    ],
    [
      'a fragment in itself',
      '{ currentUser { ...f } } fragment f on User { ...f }',
      'Cannot spread fragment "f" within itself',
    ],
  ])('are none: %s', (_what, source, why) => {
    expect(refusalOf(source)).toContain(why)
  })

  it('says five errors at most, whatever is wrong', () => {
    const source = `{ ${Array.from({ length: 100 }, (_, n) => `none${n}`).join(' ')} }`
    expect(() => createDocuments(schema).read(source)).toThrow(InvalidDocument)
    expect(refusalOf(source)?.split('; ').length).toBeLessThanOrEqual(6)
  })

  it('are kept within their bytes, those that were asked for last, and none that is refused', () => {
    const documents = createDocuments(schema, { ...defaultDocumentLimits, maxKeptBytes: 1024 * 1024 })
    const first = documents.read('{ currentUser { id } }')
    expect(documents.read('{ currentUser { id } }')).toBe(first)
    const { keptBytes } = documents
    for (let n = 0; n < 50; n++) {
      refusalOf(`{ none${n} }`, documents)
      refusalOf(`{ posts( ${n}`, documents)
    }
    expect(documents.keptBytes).toBe(keptBytes)
    for (let n = 0; n < 20; n++) {
      documents.read(`query q${n} { currentUser { ${fields(150)} } }`)
      expect(documents.keptBytes).toBeLessThanOrEqual(1024 * 1024)
      documents.read('{ currentUser { id } }')
    }
    // It was asked for all the time; those that filled the cache were not.
    expect(documents.read('{ currentUser { id } }')).toBe(first)
    expect(documents.keptBytes).toBeGreaterThan(512 * 1024)
  })

  it('are refused in words, whatever they are', () => {
    const word = fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      '...',
      'on',
      'fragment',
      'f',
      'User',
      'query',
      '$v',
      ':',
      '!',
      '"',
      '"""',
      '@skip',
      'id',
      '#',
    )
    const source = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 60 }).map((words) => words.join(' ')),
    )
    fc.assert(
      fc.property(source, (given) => {
        expect(refusalOf(given)).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })

  it('are checked within a tenth of a second or so, the dearest of those that are short enough', () => {
    const inner = fields(150)
    const spreads = Array.from({ length: 45 }, (_, n) => `...f${n}`).join(' ')
    const fragments = Array.from({ length: 45 }, (_, n) => `fragment f${n} on User { id }`).join(' ')
    for (const source of [
      `{ ${'currentUser { id } '.repeat(120)} }`,
      `{ currentUser { ${inner} } }`,
      `{ currentUser { ${'id '.repeat(490)} } }`,
      `{ currentUser { ${spreads} } } ${fragments}`,
      `{ ${'a: currentUser { ...f0 } '.repeat(50)} } fragment f0 on User { id }`,
      `{ ${'...on Query { '.repeat(100)} currentUser { id } ${'} '.repeat(100)} }`,
    ]) {
      const begun = performance.now()
      refusalOf(source)
      expect(performance.now() - begun).toBeLessThan(1000)
    }
  })
})
