import { z } from 'zod'
import { arrivalKinds, engineNames } from '../base/arrivals.ts'
import { count, flag, list, ms, number, object, oneOf, text } from './fields.ts'

const ClosedModel = object('users that wait for their answers', {
  kind: z.literal('closed').describe('closed model'),
  starts: oneOf('users begin over one mean iteration, or together', 'spread', 'together').exactOptional(),
  startsOverMs: number('where they are spread: until the last user began, ms').exactOptional(),
  stages: list(
    'one after the other',
    object('a straight line from the users before', {
      durationMs: number('length, ms'),
      users: count('at its end'),
    }),
  ),
})

const expect = text('statuses that were right answers to the request')

const OpenModel = object('iterations that start whether or not earlier ones came back', {
  kind: z.literal('open').describe('open model'),
  ratePerSecond: number('iterations per second'),
  arrivals: oneOf('whether they are evenly spaced', ...arrivalKinds),
  bursts: list(
    'when they start more often, in order of time',
    object('a time at another rate', {
      factor: number('times the rate'),
      atMs: number('from the start of the run, ms'),
      lengthMs: number('length, ms'),
    }),
  ).exactOptional(),
  durationMs: number('length, ms'),
  maxInFlight: count('iterations at the same time, at most'),
  request: text('method and path of the single request that was sent, instead of scenarios').exactOptional(),
  bodyBytes: count('size of its body, bytes').exactOptional(),
  expect: expect.exactOptional(),
})

const SaturationModel = object('one request, which each connection sends again as soon as it is answered', {
  kind: z.literal('saturation').describe('closed loop without think time'),
  connections: count('at the same time'),
  requests: count('in all; null until the time was over').nullable(),
  durationMs: number('length, ms; null until the requests were sent').nullable(),
  request: text('method and path'),
  bodyBytes: count('size of its body, bytes'),
  expect: expect.exactOptional(),
  engine: oneOf('what sent it', ...engineNames).exactOptional(),
})

/** The model that decided when requests were sent. */
export const LoadModel = z
  .discriminatedUnion('kind', [ClosedModel, OpenModel, SaturationModel])
  .describe('what decided when requests were sent')

const boundary = {
  level: count('users, connections, or iterations or requests a second'),
  held: count('trials that held the limit'),
  trials: count('trials of this level'),
}

/** The result of a search for the highest load. */
export const LimitFound = object('the highest load that holds a limit; "load" is its last trial', {
  expression: text('the limit, as it was given'),
  raised: oneOf('what was raised', 'users', 'rate', 'request rate', 'connections'),
  held: object('the highest level that held', boundary).nullable().describe('null when none did'),
  failed: object('the lowest level that did not hold', boundary).nullable().describe('null when none was found'),
  trials: list(
    'in the order in which they were run',
    object('one run at a level', {
      level: boundary.level,
      outcome: oneOf('not valid: the generator was the bottleneck', 'held', 'failed', 'not valid'),
      seconds: number('length, seconds'),
      requests: count('sent'),
      failures: count('that failed'),
      errors: count('iterations whose scenario threw').exactOptional(),
      skipped: count('iterations of the open model that could not start'),
      rps: number('requests per second'),
      p50: ms('50th percentile'),
      p95: ms('95th percentile'),
      p99: ms('99th percentile'),
      decided: flag('it was ended before its time, because it could no longer hold').exactOptional(),
    }),
  ),
})
