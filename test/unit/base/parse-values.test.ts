import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  calendarDate,
  count,
  counts,
  duration,
  httpStatuses,
  perSecond,
  bursts,
  stages,
  texts,
  timeOfDay,
  wholeNumber,
  someOf,
} from '../../../src/lib/base/parse-values.ts'

describe('values', () => {
  it.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['1.5s', 1500],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
  ])('reads the duration %s', (text, ms) => expect(duration(0).parse(text)).toBe(ms))

  it.each(['', '60', '60 s', '-1s', '1d', 's', '1e3s', '9999h', 60])('refuses the duration %j', (value) => {
    expect(duration(0).safeParse(value).success).toBe(false)
  })

  it.each([
    ['39456', 39_456],
    ['39,456', 39_456],
    ['50k', 50_000],
    ['1.5m', 1_500_000],
    ['10M', 10_000_000],
    [7, 7],
  ])('reads the count %s', (value, rows) => expect(count.parse(value)).toBe(rows))

  it.each(['', 'm', '-1', '1.5', '1e9', '11b', 'ten', 1.5, -1])('refuses the count %j', (value) => {
    expect(count.safeParse(value).success).toBe(false)
  })

  it('reads lists', () => {
    expect(counts.parse('0,1m, 2m')).toEqual([0, 1_000_000, 2_000_000])
    expect(counts.parse([0, '1k'])).toEqual([0, 1000])
    expect(counts.safeParse('').success).toBe(false)
    expect(texts.parse('a<1, b<2')).toEqual(['a<1', 'b<2'])
  })

  it('reads HTTP statuses', () => {
    expect(httpStatuses.parse('200, 201')).toEqual([200, 201])
    expect(httpStatuses.parse([409])).toEqual([409])
    for (const wrong of ['', '99', '600', '2xx', [], [200.5]]) expect(httpStatuses.safeParse(wrong).success).toBe(false)
  })

  it('reads words that are allowed, each once', () => {
    const colour = someOf('red', 'blue')
    expect(colour.parse('blue, red')).toEqual(['blue', 'red'])
    expect(colour.parse(['red'])).toEqual(['red'])
    for (const wrong of ['', 'green', 'red,red', 'red,green', [], 5])
      expect(colour.safeParse(wrong).success).toBe(false)
  })

  it.each([
    ['200/s', 200],
    ['1,000', 1000],
    ['0.5/s', 0.5],
    [50, 50],
  ])('reads the rate %s', (value, rate) => expect(perSecond.parse(value)).toBe(rate))

  it.each(['', '0', '0/s', '-1', '5/m', 's', '2000000', 0, -1, null])('refuses the rate %j', (value) => {
    expect(perSecond.safeParse(value).success).toBe(false)
  })

  it('reads stages', () => {
    const expected = [
      { durationMs: 30_000, users: 1000 },
      { durationMs: 90_000, users: 3000 },
      { durationMs: 0, users: 0 },
    ]
    expect(stages.parse('30s:1000, 1m30s:3000, 0s:0')).toEqual(expected)
    expect(stages.parse(['30s:1000', '1m30s:3000', '0s:0'])).toEqual(expected)
  })

  it.each(['', '30s', '30s:', ':5', '30:5', '30s:5:6', '30s:-1', '500ms:5', '30s:0', '1s:2000000', 5, {}])(
    'refuses the stages %j',
    (value) => expect(stages.safeParse(value).success).toBe(false),
  )

  it('reads bursts', () => {
    const expected = [
      { factor: 10, atMs: 10_000, lengthMs: 1000 },
      { factor: 0.5, atMs: 80_000, lengthMs: 500 },
    ]
    expect(bursts.parse('10x@10s:1s, 0.5x@1m20s:500ms')).toEqual(expected)
    expect(bursts.parse(['10x@10s:1s', '0.5x@1m20s:500ms'])).toEqual(expected)
  })

  it.each([
    '',
    '10x',
    '10x@10s',
    '10@10s:1s',
    '0x@10s:1s',
    '-1x@10s:1s',
    '10x@10:1s',
    '10x@10s:0s',
    '99999x@1s:1s',
    5,
    {},
  ])('refuses the bursts %j', (value) => expect(bursts.safeParse(value).success).toBe(false))

  it('reads dates and times that exist', () => {
    expect(timeOfDay.parse('8:00')).toBe(480)
    expect(timeOfDay.parse('19:40')).toBe(1180)
    expect(timeOfDay.safeParse('24:00').success).toBe(false)
    expect(calendarDate.safeParse('2024-02-29').success).toBe(true)
    expect(calendarDate.safeParse('2023-02-29').success).toBe(false)
    expect(calendarDate.safeParse('1969-12-31').success).toBe(false)
  })

  it('never throws, whatever it is given', () => {
    const schemas = [
      count,
      counts,
      duration(1),
      timeOfDay,
      calendarDate,
      texts,
      wholeNumber(1, 10),
      someOf('a'),
      perSecond,
      stages,
      bursts,
    ]
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const schema of schemas) schema.safeParse(value)
      }),
    )
  })

  it('reads every whole number back', () => {
    fc.assert(fc.property(fc.nat(1_000_000), (n) => wholeNumber(0, 1_000_000).parse(String(n)) === n))
    fc.assert(fc.property(fc.nat(1_000_000), (n) => count.parse(`${n}k`) === n * 1000 || n * 1000 > 1e10))
  })
})
