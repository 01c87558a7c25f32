import * as fc from 'fast-check'

/** A text that is put in somewhere, now and then far too often. */
function pieces(tokens: readonly string[]): fc.Arbitrary<string> {
  const token = fc.constantFrom(' ', '\t', '\n', '\0', '"', "'", '\\', '\u202e', '\ud800', '9', 'e', '-', ...tokens)
  return fc.oneof(
    { weight: 6, arbitrary: token },
    { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
    {
      weight: 1,
      arbitrary: fc.tuple(token, fc.constantFrom(3, 70, 4000)).map(([text, times]) => text.repeat(times)),
    },
  )
}

/** Texts that are nearly right: samples with up to five changes, words of theirs in any order, and anything at all. */
export function textsLike(samples: readonly string[], tokens: readonly string[]): fc.Arbitrary<string> {
  const change = fc.record({ at: fc.nat(), length: fc.nat(6), put: fc.oneof(fc.constant(''), pieces(tokens)) })
  const changed = fc.tuple(fc.constantFrom(...samples), fc.array(change, { maxLength: 5 })).map(([sample, changes]) => {
    let text = sample
    for (const { at, length, put } of changes) {
      const from = at % (text.length + 1)
      text = text.slice(0, from) + put + text.slice(from + length)
    }
    return text
  })
  return fc.oneof(
    { weight: 8, arbitrary: changed },
    { weight: 1, arbitrary: fc.array(pieces(tokens), { maxLength: 12 }).map((all) => all.join('')) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 100 }) },
  )
}

/** Texts that are nearly right, as bytes that need not be UTF-8. */
export function bytesLike(samples: readonly Buffer[], tokens: readonly string[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(
      textsLike(
        samples.map((sample) => sample.toString('latin1')),
        tokens,
      ),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
    )
    .map(([text, bytes]) => {
      const buffer = Buffer.from(text, 'latin1')
      for (const [at, byte] of bytes) if (buffer.length > 0) buffer[at % buffer.length] = byte
      return buffer
    })
}

const oddValues = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(null, true, -1, 0, 0.5, 1e300, -1e300, 5e-324, 2 ** 53, '', [], {}),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>('__proto__', 'a'.repeat(5000), '\u202e\0\u001b[2J', '\ud800', '1e400'),
  },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  { weight: 1, arbitrary: fc.double({ noDefaultInfinity: true, noNaN: true }) },
)

type Place = readonly [parent: Record<string, unknown>, key: string]

/** Every value within another, by who holds it. */
function placesIn(value: unknown, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return found
  for (const [key, inner] of Object.entries(value)) {
    found.push([value as Record<string, unknown>, key])
    placesIn(inner, found)
  }
  return found
}

/** Plain data that is nearly right: samples of which up to three values are others, missing, or twice there. */
export function valuesLike(samples: readonly unknown[]): fc.Arbitrary<unknown> {
  const change = fc.record({
    at: fc.nat(),
    how: fc.constantFrom('put', 'put', 'put', 'remove', 'add', 'repeat'),
    value: oddValues,
  })
  const changed = fc.tuple(fc.constantFrom(...samples), fc.array(change, { maxLength: 3 })).map(([sample, changes]) => {
    const whole: Record<string, unknown> = { value: structuredClone(sample) }
    for (const { at, how, value } of changes) {
      const places = placesIn(whole)
      const [parent, key] = places[at % Math.max(1, places.length)] ?? [whole, 'value']
      if (how === 'remove') delete parent[key]
      else if (how === 'add')
        Object.defineProperty(parent, `${key}x`, { value, enumerable: true, configurable: true, writable: true })
      else parent[key] = how === 'put' ? structuredClone(value) : [parent[key], structuredClone(parent[key])]
    }
    return whole.value
  })
  return fc.oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: fc.jsonValue() })
}
