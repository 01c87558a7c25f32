import { z } from 'zod'
import { integer } from '../base/json-schema.ts'
import { count, list, number, object, oneOf, text } from './fields.ts'

const Counter = object('one thing that the server counts', {
  name: text('what is counted, the same for what means the same on every engine'),
  unit: text('of the values: pages, bytes, fsyncs'),
  kind: oneOf('whether the values are per second (total) or as they were at its end (level)', 'total', 'level'),
  values: list(
    'of each stretch of time from the start of the run; null where it could not be read',
    z.number().nullable(),
  ),
  mean: number(
    'per second over the time in which it was read; of a level, of all readings; null without any',
  ).nullable(),
  highest: number('of a second, however long the stretches are; null without any').nullable(),
  sum: number(
    'growth of a total from before the run until after it, but for what a restart of the server took',
  ).exactOptional(),
})

const Statement = object('one kind of statement, as the server writes it: without its values', {
  text: text('normalised by the server, and cut'),
  calls: count('in the time of the run'),
  ms: number('in the server, all calls together, ms'),
  rows: number('sent or changed; null where the server does not count them').nullable(),
})

/** Counts of a database server in the time of a load. */
export const ServerActivity = object('what the database server did meanwhile', {
  seconds: integer.min(1).describe('length of each stretch of time, seconds; the first begins with the run'),
  counters: list('empty where the server tells nothing', Counter),
  readMs: number('a reading took, ms, on average').exactOptional(),
  error: text('why some of it is missing').exactOptional(),
  statements: list(
    'the costliest of the run by their time in the server, those that read statistics left out',
    Statement,
  ).exactOptional(),
  noStatements: text('why there are none').exactOptional(),
})
