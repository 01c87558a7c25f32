import type { InsertBenchReport, LoadReport, SeedReport } from '../../../src/lib/record/record.ts'
import { savedReport } from './fixtures.ts'

/** Text that every format could take for more than text. */
const hostile = `</script><img src=x onerror=alert(1)>|"'&\`@all\n]]>`

/** A load that held. */
export const goodLoad: LoadReport = {
  ...savedReport('load', 'load-baseline.json'),
  command: "rushbench load --users 20 --threshold 'failures<1%'",
  thresholds: [
    { expression: 'failures<1%', metric: 'failures', comparator: '<', limit: 0.01, actual: 0, passed: true },
  ],
}

/** A load in which everything went wrong that can, against something that gives hostile names. */
export const badLoad: LoadReport = {
  ...goodLoad,
  load: {
    ...goodLoad.load,
    interrupted: true,
    failures: 7,
    failureReasons: { [hostile]: 7 },
    steps: goodLoad.load.steps.map((step) => ({ ...step, name: hostile })),
    spectrum: { percentiles: [0, 50, 90, 100], responseTime: [1, 2, 30, 40], serviceTime: [1, 2, 3, 4] },
  },
  generator: {
    ...goodLoad.generator,
    valid: false,
    reasons: ['thread 2 used 97% of a core (limit 90%)'],
    advice: 'Make less of it.',
  },
  audit: {
    acknowledged: 10,
    lost: 1,
    duplicate: 0,
    oversold: 2,
    unknownCommitted: 0,
    passed: false,
    violations: [{ kind: 'lost', key: hostile, detail: 'acknowledged, not in the table' }],
  },
  thresholds: [
    ...goodLoad.thresholds,
    { expression: 'steps[x].p99<1s', metric: 'steps[x].p99', comparator: '<', limit: 1000, actual: null, passed: true },
    { expression: 'rps>100', metric: 'rps', comparator: '>', limit: 100, actual: 7.25, passed: false },
  ],
}

/** A load of which no request failed, and half of the iterations threw. */
export const throwingLoad: LoadReport = {
  ...goodLoad,
  load: {
    ...goodLoad.load,
    iterations: 40,
    errors: 20,
    errorReasons: { 'shop: no basket': 20 },
    timeline: goodLoad.load.timeline.map((row) => ({ ...row, errors: 2 })),
  },
}

const latencies = { p95: 400, p99: 900, max: 2000, mean: 300 }

/** An insert benchmark at several sizes, with a knee for random keys. */
export const sweep: InsertBenchReport = {
  ...savedReport('insert-bench', 'insert-bench-baseline.json'),
  checkpoints: [0, 1_000_000, 2_000_000].flatMap((rows) =>
    (['ascending', 'random'] as const).map((keys) => ({
      rows,
      keys,
      inserts: 100,
      p50: keys === 'ascending' ? 240 : 250 + rows / 10_000,
      ...latencies,
      blocks: [240, 250, 260],
      counters: [{ name: 'page reads', unit: 'pages', kind: 'total' as const, value: rows / 1e6 }],
    })),
  ),
  model: [
    {
      keys: 'random',
      shape: 'knee',
      reason: 'a constant and a line from a knee on explain the blocks best, by far',
      noise: 5,
      level: { value: 250, low: 248, high: 252 },
      change: { value: 100, low: 90, high: 110 },
      perDecade: { value: 300, low: 290, high: 310 },
      knee: { value: 1_180_000, low: 1_100_000, high: 1_250_000 },
      curve: [
        { rows: 1000, p50: 250, low: 248, high: 252 },
        { rows: 2_000_000, p50: 350, low: 340, high: 360 },
      ],
    },
  ],
}

/** Every insert on the way to a size. */
export const streamed: InsertBenchReport = {
  ...sweep,
  checkpoints: [],
  model: [],
  stream: {
    keys: 'ascending',
    inserts: 200,
    seconds: 2,
    exitInsertsPerSecond: 90,
    stallCount: 2,
    stallMs: 450,
    stalls: [
      { startSecond: 0.5, ms: 150, rows: 40 },
      { startSecond: 1.5, ms: 300, rows: 140 },
    ],
    buckets: [0, 100].map((fromRows) => ({
      fromRows,
      toRows: fromRows + 100,
      inserts: 100,
      seconds: 1,
      insertsPerSecond: 100,
      p50: 200,
      ...latencies,
    })),
  },
}

/** A seeding. */
export const seeding: SeedReport = savedReport('seed', 'seed.json')
