import { describe, expect, it } from 'vitest'
import type { Control } from '../../../src/lib/insert-bench/measure.ts'
import { modelCurve, type Model } from '../../../src/lib/insert-bench/model.ts'
import { createRandom } from '../../../src/lib/base/random.ts'
import {
  simulateSweep,
  simulatedCurves,
  simulatedMachines,
  simulatedSizes,
  type CurveNoise,
  type SimulatedCurve,
} from '../../support/insert-bench/simulated-curves.ts'

const thousands = (...sizes: number[]) => sizes.map((size) => size * 1000)

function sweep(curve: SimulatedCurve, sizes: readonly number[], noise: CurveNoise, seed: string) {
  return simulateSweep(curve, sizes, noise, createRandom(seed))
}

function controlOf(blocks: number[]): Control {
  return { statement: 'select 1', statements: 100, blocks, p50: 1, p95: 1, p99: 1, max: 1, mean: 1 }
}

/** p50 goes as `curve` does, the control as `control` does. */
function model(curve: SimulatedCurve, sizes: readonly number[], control?: SimulatedCurve): Model {
  const { quiet } = simulatedMachines
  const controls = control && sweep(control, sizes, quiet, 'control')
  const measured = sweep(curve, sizes, quiet, 'seed').map((one, size) => {
    const blocks = controls?.[size]?.blocks
    return blocks ? { ...one, control: controlOf(blocks) } : one
  })
  return modelCurve('ascending', measured, { seed: 'seed', forecast: 2 * (sizes.at(-1) ?? 0) })
}

const tenfold = thousands(100, 200, 400, 700, 1000)
const falling = (rows: number) => 354 - 100 * Math.log10(rows / 100_000)
const rising = (rows: number) => 354 + 200 * Math.log10(rows / 100_000)

describe('no shape is named', () => {
  it('over less than a factor of two in rows, whatever p50 does meanwhile', () => {
    const hardlyGrown = [1_000_000, 1_000_110, 1_000_220, 1_000_330, 1_000_440]
    const { shape, reason, perDecade, forecast } = model((rows) => 354 - (rows - 1_000_000) / 10, hardlyGrown)
    expect({ shape, reason, perDecade }).toEqual({
      shape: 'unknown',
      reason: 'the largest size is 1.00 times the smallest, and it takes a factor of 2 to tell a shape',
      perDecade: undefined,
    })
    expect(forecast!.p50).toBeNull()
    expect(model(rising, thousands(100, 125, 150, 190)).shape).toBe('unknown')
    expect(model(rising, thousands(100, 130, 160, 200)).shape).toBe('logarithmic')
  })

  it('that would fall below zero within a tenfold of the rows', () => {
    const still = () => 60
    const { shape, reason } = model((rows) => 354 - 300 * Math.log10(rows / 100_000), tenfold, still)
    expect({ shape, reason }).toEqual({
      shape: 'unknown',
      reason: 'the curve that fits best falls below zero within a tenfold of the rows',
    })
  })
})

describe('drift is named, not growth', () => {
  it('where p50 falls and there is no control, or one that falls too', () => {
    expect(model(falling, tenfold)).toMatchObject({
      shape: 'drift',
      reason: 'a table that grows makes no insert faster, and there is no control to say otherwise',
      forecast: { p50: null, refused: expect.stringContaining('the machine, not the table') },
    })
    const control = model(falling, tenfold, (rows) => falling(rows) / 5)
    expect(control).toMatchObject({ shape: 'drift', reason: expect.stringMatching(/^the control falls too, by 2\d%/) })
  })

  it('where the control rises as p50 does', () => {
    const { shape, reason } = model(rising, tenfold, (rows) => rising(rows) / 5)
    expect(shape).toBe('drift')
    expect(reason).toMatch(/^the control rises too, by 5\d%, and no table is in it$/)
  })

  it('but the table is believed where the control stays, or changes by much less', () => {
    const still = () => 60
    expect(model(falling, tenfold, still)).toMatchObject({
      shape: 'logarithmic',
      perDecade: { value: expect.closeTo(-100, -1.5) },
    })
    expect(model(rising, tenfold, still).shape).toBe('logarithmic')
    expect(model(rising, tenfold, (rows) => 60 + 6 * Math.log10(rows / 100_000)).shape).toBe('logarithmic')
  })
})

// `npm run bench:curve` has these figures of more sweeps.
describe('of simulated sweeps', { timeout: 120_000 }, () => {
  const machines = Object.entries(simulatedMachines)
  const runs = 50

  it('at most one flat table in a hundred has a knee', () => {
    const knees = machines.flatMap(([machine, noise]) =>
      Array.from({ length: runs }, (_, run) => {
        const measured = sweep(simulatedCurves.flat, simulatedSizes.eight, noise, `${machine} ${run}`)
        return modelCurve('ascending', measured, { seed: 's' }).shape === 'knee'
      }),
    )
    expect(knees.filter(Boolean).length).toBeLessThanOrEqual(knees.length / 100)
  })

  it('95 of 100 forecasts hold the truth, and half of the quiet ones are made', () => {
    const rows = 50_000_000
    let [said, held, quiet] = [0, 0, 0]
    const curves = Object.values(simulatedCurves)
    for (const curve of curves)
      for (const [machine, noise] of machines)
        for (let run = 0; run < runs / 5; run++) {
          const measured = sweep(curve, simulatedSizes.five, noise, `${machine} ${run}`)
          const p50 = modelCurve('ascending', measured, { seed: 's', forecast: rows }).forecast!.p50
          if (!p50) continue
          said++
          if (machine === 'quiet') quiet++
          if (p50.low <= curve(rows) && curve(rows) <= p50.high) held++
        }
    expect(quiet).toBeGreaterThan((curves.length * runs) / 5 / 2)
    expect(held / said).toBeGreaterThanOrEqual(0.95)
  })
})
