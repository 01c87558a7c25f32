import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RushbenchError } from '../../../../src/lib/base/errors/errors.ts'
import { parseLocations, readLocations } from '../../../../src/lib/workloads/stations/locations.ts'

const pwtc = { name: 'PWTC', from: '2021-05-16', days: 30, capacity: 1000 }
const parse = (value: unknown) => parseLocations(JSON.stringify(value), 'mine.json')

describe('the stations that ship with rushbench', () => {
  it("are several, the original's among them", async () => {
    const locations = await readLocations(undefined)
    expect(locations).toContainEqual(pwtc)
    expect(locations.length).toBeGreaterThan(3)
  })
})

describe("a file of one's own", () => {
  it('is taken as it is', () => {
    const other = { name: 'Universität Köln (A&B)', from: '2024-02-29', days: 1, capacity: 1 }
    expect(parse([pwtc, other])).toEqual([pwtc, other])
  })

  it.each<[unknown, string]>([
    [[], 'Too small'],
    [{}, 'Invalid input: expected array'],
    [[pwtc, { ...pwtc, days: 0 }], 'entry 2, days: '],
    [[{ ...pwtc, days: 367 }], 'entry 1, days: '],
    [[{ ...pwtc, capacity: 1.5 }], 'entry 1, capacity: '],
    [[{ ...pwtc, capacity: 2_000_000 }], 'entry 1, capacity: '],
    [[{ ...pwtc, from: '2021-02-30' }], 'entry 1, from: '],
    [[{ ...pwtc, from: '1969-12-31' }], 'entry 1, from: must be from 1970 to 2099'],
    [[{ ...pwtc, name: 'a/b' }], 'entry 1, name: '],
    [[{ ...pwtc, name: '../..' }], 'entry 1, name: '],
    [[{ ...pwtc, name: 'PWTC ' }], 'entry 1, name: must not end in a space'],
    [[{ ...pwtc, name: 'a'.repeat(65) }], 'entry 1, name: '],
    [[pwtc, pwtc], 'entry 2, name: there is another PWTC'],
    [[{ ...pwtc, places: 5 }], 'entry 1: Unrecognized key: "places"'],
    [[{ name: 'PWTC' }], 'entry 1, from: '],
  ])('is refused with the place and the reason: %j', (value, reason) => {
    expect(() => parse(value)).toThrow(expect.objectContaining({ code: 'locations-unusable', exitCode: 2 }))
    expect(() => parse(value)).toThrow(`The stations in mine.json cannot be used: ${reason}`)
  })

  it('is refused where it is no JSON, or cannot be read', async () => {
    expect(() => parseLocations('[{', 'mine.json')).toThrow(/mine\.json cannot be used: .*JSON/)
    await expect(readLocations('/nowhere/mine.json')).rejects.toThrow('/nowhere/mine.json cannot be used: ENOENT')
    await expect(readLocations('/')).rejects.toMatchObject({ code: 'locations-unusable' })
  })

  it('is a list of stations or an error with a sentence, whatever is in it', () => {
    const almost = fc.record(
      {
        name: fc.oneof(fc.constant('PWTC'), fc.string({ unit: 'binary' })),
        from: fc.oneof(fc.constant('2021-05-16'), fc.string()),
        days: fc.oneof(fc.integer(), fc.double()),
        capacity: fc.oneof(fc.integer(), fc.double()),
      },
      { requiredKeys: [] },
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.array(almost, { maxLength: 4 }).map((list) => JSON.stringify(list)),
    )
    fc.assert(
      fc.property(text, (given) => {
        let locations: unknown
        try {
          locations = parseLocations(given, 'mine.json')
        } catch (error) {
          expect(error).toBeInstanceOf(RushbenchError)
          return
        }
        expect(locations).toEqual(JSON.parse(given))
      }),
      { numRuns: 500 },
    )
  })
})
