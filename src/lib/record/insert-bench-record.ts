import { z } from 'zod'
import { currentKeyOrder } from '../base/key-order.ts'
import { count, distribution, flag, list, number, object, oneOf, text } from './fields.ts'

const us = (name: string) => number(`${name}, microseconds`)

const latencies = {
  p50: us('50th percentile'),
  p95: us('95th percentile'),
  p99: us('99th percentile'),
  max: us('longest'),
  mean: us('mean'),
}

const keyOrder = (description = 'order of the keys that were inserted; append, of earlier versions, is ascending') =>
  z.enum(['random', 'ascending', 'append']).transform(currentKeyOrder).describe(description)

const Counters = list(
  'what the server counted during the timed inserts; empty when it tells nothing',
  object('one thing that the server counts', {
    name: text('what is counted'),
    unit: text('of the value: pages, bytes, fsyncs'),
    kind: oneOf('whether the value is per insert (total) or as it was at the end (level)', 'total', 'level'),
    value: number('in the unit'),
  }),
)

const ServiceTime = object(
  'from the moment each insert was sent; the other times are then from when it should have been',
  latencies,
)

const Control = object('what costs the server next to nothing, sent in turns with the inserts and as they are', {
  statement: text('what was sent'),
  statements: count('timed'),
  ...latencies,
  blocks: list('median of each block, microseconds, in the order measured', z.number()),
})

const Schedule = object('what became of the schedule, of all orders of keys together', {
  asked: number('inserts a second that were to begin'),
  reached: number('inserts a second that came back'),
  kept: flag('they began when they were due, but for what single slow ones held up'),
})

/** The latencies at one table size. */
export const Checkpoint = object('single inserts at one table size', {
  rows: count('in the table when the measurement began'),
  inserts: count('timed'),
  ...latencies,
  keys: keyOrder().exactOptional(),
  blocks: list('median of each block of inserts, microseconds, in the order measured', z.number()).exactOptional(),
  latencies: list('of each block of inserts, for comparisons', distribution('latencies')).exactOptional(),
  counters: Counters.exactOptional(),
  control: Control.exactOptional(),
  warmUp: object('what was done before anything was measured', {
    inserts: count('not timed, of all orders of keys together'),
    statements: count('of the control'),
    from: us('median of the control in the first round').exactOptional(),
    to: us('median of the control in the last round').exactOptional(),
    steady: flag("the control's median got no lower any more"),
  }).exactOptional(),
  serviceTime: ServiceTime.exactOptional(),
  schedule: Schedule.exactOptional(),
  insertsPerSecond: number('all connections together, inserts per second').exactOptional(),
})

const estimate = (description: string) =>
  object(description, {
    value: number('best estimate'),
    low: number('lower end of the 95% interval'),
    high: number('upper end of the 95% interval'),
  })

/** The curve of p50 over the rows. */
export const Model = object('how p50 depends on the rows, for one order of keys', {
  keys: keyOrder(),
  against: keyOrder(
    'when there: what is modelled is p50 less that of keys of this order, block by block',
  ).exactOptional(),
  shape: oneOf('of the curve', 'flat', 'logarithmic', 'knee', 'drift', 'unknown'),
  reason: text('why this shape'),
  noise: us('spread of the block medians at one table size (1.4826 times their median absolute deviation)'),
  level: estimate('p50 at the smallest table size (of a flat curve at all of them), microseconds').exactOptional(),
  change: estimate('p50 at the largest table size less that at the smallest, microseconds').exactOptional(),
  perDecade: estimate('added with each tenfold of the rows (past the knee, if any), microseconds').exactOptional(),
  knee: estimate('rows from which p50 leaves its flat part').exactOptional(),
  curve: list(
    'p50 by the fitted curve, at sizes that are evenly spaced on a logarithmic axis',
    object('one table size', {
      rows: count('in the table'),
      p50: number('microseconds'),
      low: number('lower end of the 95% interval, microseconds'),
      high: number('upper end of the 95% interval, microseconds'),
    }),
  ).exactOptional(),
  criterion: object('Bayesian information criterion of each shape, the lower the better; null when it was not fitted', {
    flat: number('of a constant').nullable(),
    logarithmic: number('of a + b log(rows)').nullable(),
    knee: number('of a constant up to a knee and a line in log(rows) from there').nullable(),
  }).exactOptional(),
  forecast: object('p50 at a table size that was asked for', {
    rows: count('in the table'),
    p50: estimate('microseconds; null when the measurement does not carry it').nullable(),
    refused: text('why there is no forecast; null when there is one').nullable(),
  }).exactOptional(),
})

const Bucket = object('the inserts between two table sizes', {
  fromRows: count('in the table when it began'),
  toRows: count('in the table when it ended'),
  inserts: count('timed'),
  seconds: number('spent inserting, seconds'),
  insertsPerSecond: number('all connections together, inserts per second'),
  ...latencies,
  counters: Counters.exactOptional(),
  control: Control.exactOptional(),
  serviceTime: ServiceTime.exactOptional(),
})

/** The parameters of a sweep, with which it is resumed. */
export const Sweep = object('what was asked for, for --resume', {
  sizes: list('of the table', count('rows')),
  keys: list('series at each size', keyOrder()),
  inserts: count('timed, of each series at each size'),
  warmup: count("inserts of each series before the timed ones; null: until the client's own cost is steady").nullable(),
  concurrency: count('inserts under way at the same time'),
  rate: number('inserts a second; null where they had no schedule').nullable(),
  forecast: count('rows to forecast p50 at').nullable(),
})

/** Every insert on the way to a table size. */
export const Stream = object('every insert on the way to a table size', {
  keys: keyOrder(),
  inserts: count('timed'),
  seconds: number('spent inserting, seconds'),
  schedule: Schedule.exactOptional(),
  exitInsertsPerSecond: number('rate of the last tenth of the buckets, inserts per second'),
  buckets: list('in the order in which they were filled', Bucket),
  stallCount: count(
    'inserts that took longer than 100 ms and 20 times the p50 of their bucket; overlapping ones are one',
  ),
  stallMs: number('length of all stalls together, ms'),
  stalls: list(
    'the longest, in order of time',
    object('a time in which an insert did not come back', {
      startSecond: number('since the first insert, seconds'),
      ms: number('length, ms'),
      rows: count('in the table at its onset'),
    }),
  ),
})
