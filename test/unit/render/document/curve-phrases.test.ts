import { describe, expect, it } from 'vitest'
import { curveLines } from '../../../../src/lib/render/document/curve-phrases.ts'
import type { CurveRecord } from '../../../../src/lib/record/record.ts'

const textsOf = (models: readonly CurveRecord[]) => curveLines(models).map(({ text }) => text)

const around = (value: number, by: number) => ({ value, low: value - by, high: value + by })
const common = { keys: 'random' as const, reason: 'so it is', noise: 12 }

describe('curveLines', () => {
  it('is nothing without a model', () => expect(textsOf([])).toEqual([]))

  it.each([
    [
      { shape: 'flat' as const, level: around(181, 5), change: around(2, 6), perDecade: around(1, 3) },
      'random: flat at 181 us (176 us to 186 us); over the sizes measured, a change of -4.00 us to +8.00 us would not have been seen',
    ],
    [
      { shape: 'logarithmic' as const, level: around(181, 5), change: around(80, 6), perDecade: around(35, 5) },
      'random: follows the logarithm of the rows: +35.0 us (+30.0 us to +40.0 us) for each tenfold of the rows, from 181 us (176 us to 186 us) at the smallest size',
    ],
    [
      {
        shape: 'knee' as const,
        level: around(245, 5),
        change: around(500, 6),
        perDecade: around(420, 20),
        knee: { value: 1_234_567, low: 801_234, high: 2_123_456 },
      },
      'random: knee at 1,230,000 rows (801,000 to 2,120,000): flat at 245 us (240 us to 250 us) up to there, then +420 us (+400 us to +440 us) for each tenfold of the rows',
    ],
    [{ shape: 'unknown' as const }, 'random: no shape can be named: so it is'],
  ])('names the shape %#', (model, text) => {
    const [head, line, why] = textsOf([{ ...common, ...model }])
    expect(head).toBe('p50 over the rows, with 95% intervals')
    expect(line).toBe(`  ${text}`)
    if (model.shape !== 'unknown') expect(why).toBe('    (so it is; noise of the blocks 12.0 us)')
  })

  it('does not sell noise as flatness', () => {
    const blurred = {
      shape: 'flat' as const,
      level: around(287, 150),
      change: around(0, 400),
      perDecade: around(0, 300),
    }
    expect(textsOf([{ ...common, ...blurred }])[1]).toContain(
      'flat, but the run is too noisy to tell growth: at 287 us (137 us to 437 us); over the sizes measured, a change of -400 us to +400 us',
    )
  })

  it('names the difference of two orders', () => {
    const flat = { shape: 'flat' as const, level: around(45, 5), change: around(2, 6), perDecade: around(1, 3) }
    expect(textsOf([{ ...common, ...flat, against: 'ascending' }])[1]).toContain(
      'random less ascending: flat at 45.0 us',
    )
  })

  it('gives a forecast, or why there is none', () => {
    const forecasts = [
      { rows: 100_000_000, p50: around(900, 100), refused: null },
      { rows: 100_000_000, p50: null, refused: 'it takes 4 table sizes, and there are 3' },
    ]
    const lines = textsOf(forecasts.map((forecast) => ({ ...common, shape: 'unknown' as const, forecast })))
    expect(lines.slice(3)).toEqual([
      '  forecast for random keys at 100,000,000 rows: p50 900 us (800 us to 1.00 ms)',
      '  forecast for random keys at 100,000,000 rows: none: it takes 4 table sizes, and there are 3',
    ])
  })
})
