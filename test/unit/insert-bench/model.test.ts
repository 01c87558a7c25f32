import { describe, expect, it } from 'vitest'
import { modelCurve, modelCurves, type Model, type ModelOptions } from '../../../src/lib/insert-bench/model.ts'
import { createRandom } from '../../../src/lib/base/random.ts'
import { gaussian } from '../../../src/lib/base/stats/bootstrap.ts'

const million = 1_000_000
const five = [0, 0.5, 1, 2, 5, 10].map((size) => size * million)
const eight = [0, 0.2, 0.5, 1, 2, 3, 5, 8, 10].map((size) => size * million)

/** Curves of p50 in microseconds over the rows. */
const flat = () => 200
const logarithmic = (rows: number) => 100 + 40 * Math.log10(Math.max(1000, rows) / 1000)
const knee = (rows: number) => 245 + Math.max(0, 500 * Math.log10(Math.max(1, rows) / (1.5 * million)))

interface Plant {
  readonly sizes?: readonly number[]
  readonly curve: (rows: number) => number
  /** Of a block, as a share of its value. */
  readonly noise?: number
  /** Of a whole size: the machine is slower or faster for a while. */
  readonly drift?: number
  readonly blocks?: number
}

function measure({ sizes = five, curve, noise = 0.05, drift = 0, blocks = 10 }: Plant, seed: string) {
  const random = createRandom(seed)
  return sizes.map((rows) => {
    const moved = curve(rows) * (1 + drift * gaussian(random))
    return { rows, blocks: Array.from({ length: blocks }, () => moved * (1 + noise * gaussian(random))) }
  })
}

const model = (plant: Plant, options: Partial<ModelOptions> = {}, seed = 'seed') =>
  modelCurve('random', measure(plant, seed), { seed, ...options })

const runs = 60
const models = (plant: Plant): Model[] => Array.from({ length: runs }, (_, run) => model(plant, {}, `run ${run}`))
const countOf = (all: readonly Model[], shape: Model['shape']) => all.filter((one) => one.shape === shape).length

describe('what was planted', { timeout: 60_000 }, () => {
  it.each([
    ['flat', flat, five],
    ['flat', flat, eight],
    ['logarithmic', logarithmic, five],
    ['logarithmic', logarithmic, eight],
    ['knee', knee, five],
    ['knee', knee, eight],
  ] as const)('is found again: %s', (shape, curve, sizes) => {
    const all = models({ curve, sizes })
    // 95% of seeded runs; measured: all 60.
    expect(countOf(all, shape)).toBeGreaterThanOrEqual(runs * 0.95)
  })

  it('comes with its curve, which holds what was planted between its ends', () => {
    const { curve, knee: found } = model({ curve: knee, sizes: eight, noise: 0.01 })
    expect(curve).toHaveLength(25)
    expect(curve!.at(-1)!.rows).toBe(10 * million)
    for (const { rows, p50, low, high } of curve!) {
      expect(low).toBeLessThanOrEqual(p50)
      expect(high).toBeGreaterThanOrEqual(p50)
      expect(Math.abs(p50 - knee(rows))).toBeLessThan(0.05 * knee(rows))
    }
    expect(found!.value).toBeGreaterThan(million)
  })

  it('no knee is claimed on flat noise in more than 5% of runs', () => {
    expect(countOf(models({ curve: flat, noise: 0.2 }), 'knee')).toBeLessThanOrEqual(runs * 0.05)
    expect(countOf(models({ curve: flat, sizes: eight, noise: 0.01 }), 'knee')).toBeLessThanOrEqual(runs * 0.05)
  })

  it('nor when the machine drifts by 3% from size to size', () => {
    expect(countOf(models({ curve: flat, sizes: eight, drift: 0.03 }), 'knee')).toBeLessThanOrEqual(runs * 0.05)
  })

  it('gives numbers that hold it', () => {
    const risen = model({ curve: logarithmic, blocks: 20 })
    expect(risen.perDecade!.low).toBeLessThan(40)
    expect(risen.perDecade!.high).toBeGreaterThan(40)
    const bent = model({ curve: knee, sizes: eight, blocks: 20 })
    expect(bent.knee!.low).toBeLessThan(1.5 * million)
    expect(bent.knee!.high).toBeGreaterThan(1.5 * million)
    expect(bent.perDecade!.value).toBeCloseTo(500, -2)
    expect(bent.level!.value).toBeCloseTo(245, -1)
    const level = model({ curve: flat })
    expect(level.level!.value).toBeCloseTo(200, -1)
    // The noise is 5% of 200 us.
    expect(level.noise).toBeGreaterThan(6)
    expect(level.noise).toBeLessThan(14)
  })
})

it('leaves an empty table out, whatever it took', () => {
  const [empty, ...grown] = measure({ curve: flat }, 'seed')
  const slow = { ...empty!, blocks: empty!.blocks.map((us) => us * 20) }
  expect(modelCurve('ascending', [slow, ...grown], { seed: 's' })).toEqual(
    modelCurve('ascending', grown, { seed: 's' }),
  )
})

describe('flat', () => {
  it('is what changes by less than twice the noise, however certain the change is', () => {
    const barely = model({ curve: (rows) => 200 + 0.1 * logarithmic(rows), blocks: 1000 })
    expect(barely).toMatchObject({ shape: 'flat', reason: 'what changes is within the noise of the blocks' })
    expect(barely.change!.low).toBeGreaterThan(0)
  })

  it('is not said of sizes that are off by more than the noise', () => {
    const jumps = [200, 200, 400, 150, 380, 300]
    const jumpy = model({ curve: (rows) => jumps[five.indexOf(rows)]!, noise: 0.001 })
    expect(jumpy.shape).toBe('unknown')
    expect(jumpy.reason).toContain('follow no curve')
  })
})

describe('two orders of keys', () => {
  const checkpoints = (keys: 'ascending' | 'random', seed: string, more: (rows: number) => number) =>
    // The same drift for both: they were measured side by side.
    measure({ curve: flat, drift: 0.3, noise: 0 }, 'drift').map(({ rows, blocks }, size) => {
      const noise = measure({ curve: () => 0.001, noise: 5000 }, seed)[size]!.blocks
      return {
        rows,
        keys,
        inserts: 100,
        blocks: blocks.map((block, index) => block + noise[index]! + more(rows)),
        latencies: [],
        counters: [],
        p50: 0,
        p95: 0,
        p99: 0,
        max: 0,
        mean: 0,
      }
    })

  it('are held against each other block by block, which takes out what hits both', () => {
    const ascending = checkpoints('ascending', 'a', () => 0)
    const random = checkpoints('random', 'b', (rows) => knee(rows) - 200)
    const [first, second, third] = modelCurves([...ascending, ...random], { seed: 'seed', forecast: 20 * million })
    expect([first, second]).toMatchObject([{ keys: 'ascending' }, { keys: 'random' }])
    expect(first).not.toHaveProperty('against')
    expect(third).toMatchObject({ keys: 'random', against: 'ascending', shape: 'knee' })
    expect(third!.level!.value).toBeCloseTo(45, -1)
    expect(third!.knee!.value / million).toBeCloseTo(1.5, 0)
    expect(third).not.toHaveProperty('forecast')
  })

  it('and one alone is not', () => {
    expect(
      modelCurves(
        checkpoints('ascending', 'a', () => 0),
        { seed: 's' },
      ),
    ).toHaveLength(1)
    expect(modelCurves(checkpoints('ascending', 'a', () => 0).slice(0, 1), { seed: 's' })).toEqual([])
  })
})

describe('unknown', () => {
  it.each([
    [{ sizes: [0, million, 2 * million] }, 'it takes 3 table sizes of 1,000 rows or more, and there are 2'],
    [{ sizes: [0, 200, 500, 999, million] }, 'and there are 1'],
    [{ blocks: 4 }, 'it takes 5 blocks of inserts at each size, and there are 4'],
    [{ sizes: [] }, 'there are 0'],
  ])('%j', (plant, reason) => {
    const unknown = model({ curve: logarithmic, ...plant })
    expect(unknown.shape).toBe('unknown')
    expect(unknown.reason).toContain(reason)
    expect(unknown).not.toHaveProperty('perDecade')
  })
})

describe('a forecast', () => {
  const forecast = (plant: Plant, rows: number) => model(plant, { forecast: rows }).forecast!

  it.each([
    ['flat', flat],
    ['logarithmic', logarithmic],
    ['knee', knee],
  ])('holds what a %s curve comes to', (_shape, curve) => {
    const { p50, refused } = forecast({ curve, blocks: 20 }, 50 * million)
    expect(refused).toBeNull()
    expect(p50!.low).toBeLessThanOrEqual(curve(50 * million))
    expect(p50!.high).toBeGreaterThanOrEqual(curve(50 * million))
  })

  it.each<[string, Plant, number, string]>([
    ['fewer than 4 sizes', { curve: flat, sizes: five.slice(0, 4) }, million, 'it takes 4 table sizes'],
    ['more than tenfold', { curve: flat }, 101 * million, 'measure up to 10,100,000 rows'],
    ['no shape', { curve: flat, blocks: 2 }, 20 * million, 'no shape to go on with: it takes 5 blocks'],
    [
      'a knee at the edge',
      { curve: (rows) => (rows === 10 * million ? 800 : 200) },
      20 * million,
      'the knee may lie at the edge',
    ],
    ['an interval wider than itself', { curve: flat, noise: 3, blocks: 5 }, 100 * million, 'wider than the forecast'],
  ])('is refused: %s', (_why, plant, rows, reason) => {
    const { p50, refused } = forecast(plant, rows)
    expect(p50).toBeNull()
    expect(refused).toContain(reason)
  })

  it('of a knee at the edge knows only that it is not beyond the largest size', () => {
    const late = model({ curve: (rows) => (rows === 10 * million ? 800 : 200) })
    expect(late).toMatchObject({ shape: 'knee', knee: { high: expect.closeTo(10 * million, 0) } })
  })

  it('is the same for the same seed', () => {
    expect(model({ curve: knee }, { forecast: 20 * million })).toEqual(
      model({ curve: knee }, { forecast: 20 * million }),
    )
  })
})
