import { Type } from 'typebox'
import { arrivalKinds, engineNames } from '../base/arrivals.ts'
import { count, list, number, object, oneOf, orNull, text } from './fields.ts'

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

/** What decided when requests were sent. */
export const LoadModel = Type.Union([ClosedModel, OpenModel, SaturationModel], {
  description: 'what decided when requests were sent',
})
