import { Type } from 'typebox'
import { arrivalKinds, engineNames } from '../base/arrivals.ts'
import { count, flag, list, ms, number, object, oneOf, orNull, text } from './fields.ts'

const ClosedModel = object('users that wait for their answers', {
  kind: Type.Literal('closed', { description: 'closed model' }),
  starts: Type.Optional(oneOf('users begin over one mean iteration, or together', 'spread', 'together')),
  startsOverMs: Type.Optional(number('where they are spread: until the last user began, ms')),
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
  kind: Type.Literal('open', { description: 'open model' }),
  ratePerSecond: number('iterations per second'),
  arrivals: oneOf('whether they are evenly spaced', ...arrivalKinds),
  bursts: Type.Optional(
    list(
      'when they start more often, in order of time',
      object('a time at another rate', {
        factor: number('times the rate'),
        atMs: number('from the start of the run, ms'),
        lengthMs: number('length, ms'),
      }),
    ),
  ),
  durationMs: number('length, ms'),
  maxInFlight: count('iterations at the same time, at most'),
  request: Type.Optional(text('method and path of the single request that was sent, instead of scenarios')),
  bodyBytes: Type.Optional(count('size of its body, bytes')),
  expect: Type.Optional(expect),
})

const SaturationModel = object('one request, which each connection sends again as soon as it is answered', {
  kind: Type.Literal('saturation', { description: 'closed loop without think time' }),
  connections: count('at the same time'),
  requests: orNull(count('in all; null until the time was over')),
  durationMs: orNull(number('length, ms; null until the requests were sent')),
  request: text('method and path'),
  bodyBytes: count('size of its body, bytes'),
  expect: Type.Optional(expect),
  engine: Type.Optional(oneOf('what sent it', ...engineNames)),
})

/** The model that decided when requests were sent. */
export const LoadModel = Type.Union([ClosedModel, OpenModel, SaturationModel], {
  description: 'what decided when requests were sent',
})

const boundary = {
  level: count('users, connections, or iterations or requests a second'),
  held: count('trials that held the limit'),
  trials: count('trials of this level'),
}

/** The result of a search for the highest load. */
export const LimitFound = object('the highest load that holds a limit; "load" is its last trial', {
  expression: text('the limit, as it was given'),
  raised: oneOf('what was raised', 'users', 'rate', 'request rate', 'connections'),
  held: Type.Union([object('the highest level that held', boundary), Type.Null()], {
    description: 'null when none did',
  }),
  failed: Type.Union([object('the lowest level that did not hold', boundary), Type.Null()], {
    description: 'null when none was found',
  }),
  trials: list(
    'in the order in which they were run',
    object('one run at a level', {
      level: boundary.level,
      outcome: oneOf('not valid: the generator was the bottleneck', 'held', 'failed', 'not valid'),
      seconds: number('length, seconds'),
      requests: count('sent'),
      failures: count('that failed'),
      errors: Type.Optional(count('iterations whose scenario threw')),
      skipped: count('iterations of the open model that could not start'),
      rps: number('requests per second'),
      p50: ms('50th percentile'),
      p95: ms('95th percentile'),
      p99: ms('99th percentile'),
      decided: Type.Optional(flag('it was ended before its time, because it could no longer hold')),
    }),
  ),
})
