import { describe, expect, it } from 'vitest'
import { differencesAmong, differencesOf } from '../../../src/lib/compare/differences.ts'
import { savedReport } from '../../support/reports/fixtures.ts'

const load = savedReport('load', 'load-baseline.json')
const inserts = savedReport('insert-bench', 'insert-bench-baseline.json')

const elsewhere = (environment: Partial<typeof load.environment>) => ({
  ...load,
  environment: { ...load.environment, ...environment },
})

describe('differencesOf', () => {
  it.each([
    [elsewhere({ cpu: 'Xeon' }), 'cpu: AMD EPYC and Xeon'],
    [elsewhere({ engineVersion: '3.1' }), 'engineVersion: 3.53.4 and 3.1'],
    [
      elsewhere({ durability: { synchronous: 'off' } }),
      'durability: journal_mode=wal, synchronous=full and synchronous=off',
    ],
    [{ ...load, load: { ...load.load, workload: 'tickets' } }, 'workload: vaccination and tickets'],
    [{ ...load, config: { ...load.config, rows: '10k' } }, 'rows: not set and 10k'],
    [inserts, 'kind: load and insert-bench'],
    [
      {
        ...load,
        load: {
          ...load.load,
          faults: [{ kind: 'kill-server' as const, atMs: 20_000, lastedMs: 700, detail: 'killed' }],
        },
      },
      'injected faults: not set and kill-server at 20 s',
    ],
  ])('finds what the figures depend on', (other, difference) => {
    expect(differencesOf(load, other)).toContain(difference)
  })

  it('takes a setting that was not there yet for its default', () => {
    const withTables = (tables: string) => ({ ...load, config: { ...load.config, tables } })
    expect(differencesOf(load, withTables('1'))).toEqual([])
    expect(differencesOf(load, withTables('4'))).toEqual(['tables: 1 and 4'])
  })

  it('does not mind the order of durability settings, nor the memory or the kernel of a hosted runner', () => {
    const durability = Object.fromEntries(Object.entries(load.environment.durability).toReversed())
    expect(differencesOf(load, elsewhere({ durability, memoryMb: 1, os: 'Linux 7' }))).toEqual([])
  })

  it('holds what is at risk against each other, and what an earlier version read only against what it read', () => {
    const risky = (at_risk: string) => elsewhere({ durability: { ...load.environment.durability, at_risk } })
    expect(differencesOf(risky('nothing'), risky('the last second'))).toEqual([
      'durability: at_risk=nothing, journal_mode=wal, synchronous=full and at_risk=the last second, journal_mode=wal, synchronous=full',
    ])
    expect(differencesOf(load, risky('nothing'))).toEqual([])
    const off = elsewhere({ durability: { journal_mode: 'wal', synchronous: 'off', at_risk: 'everything' } })
    expect(differencesOf(off, load)).toEqual([
      'durability: journal_mode=wal, synchronous=off and journal_mode=wal, synchronous=full',
    ])
  })

  it('tells arrivals apart, but not where the model is closed', () => {
    const model = {
      kind: 'open' as const,
      ratePerSecond: 100,
      arrivals: 'constant' as const,
      durationMs: 1,
      maxInFlight: 9,
    }
    const open = { ...load, load: { ...load.load, model } }
    const poisson = { ...load, load: { ...load.load, model: { ...model, arrivals: 'poisson' as const } } }
    expect(differencesOf(open, poisson)).toEqual([
      'arrivals: constant, 9 in flight at most and poisson, 9 in flight at most',
    ])
  })

  it('tells tables apart that are not of about the same size', () => {
    const of = (rows: number, keys: 'ascending' | 'random' = 'ascending') => ({
      ...inserts,
      checkpoints: [{ ...inserts.checkpoints[0]!, rows, keys }],
    })
    expect(differencesOf(of(200_000), of(209_000))).toEqual([])
    expect(differencesOf(of(0), of(4000))).toEqual([])
    expect(differencesOf(of(200_000), of(220_000))).toEqual([
      'tables: 200,000 rows (ascending) and 220,000 rows (ascending)',
    ])
    expect(differencesOf(of(10), of(10, 'random'))).toEqual(['tables: 10 rows (ascending) and 10 rows (random)'])
    expect(differencesOf(of(10), { ...inserts, checkpoints: [] })).toEqual(['tables: 10 rows (ascending) and none'])
  })
})

describe('differencesAmong', () => {
  it('names each difference once', () => {
    const other = { ...load, seed: 'other' }
    expect(differencesAmong([load, other, other])).toEqual(['seed: rushbench and other'])
    expect(differencesAmong([load])).toEqual([])
    expect(differencesAmong([])).toEqual([])
  })
})
