import { Type } from 'typebox'
import { count, list, ms, number, object, text } from './fields.ts'

/** Percentiles of a distribution of times, ms. */
export const percentiles = {
  p50: ms('50th percentile'),
  p90: ms('90th percentile'),
  p95: ms('95th percentile'),
  p99: ms('99th percentile'),
  p999: ms('99.9th percentile'),
  max: ms('largest value'),
}

/** One step of a run. */
export const Step = object('one kind of request', {
  name: text('of the step'),
  requests: count('sent'),
  failures: count('that failed'),
  rps: number('requests per second: those that ended in the time of the run, over that time'),
  meanBytes: number("mean size of the answers' bodies, bytes"),
  responseTime: object('from the moment the request should have been sent', percentiles),
  serviceTime: object('from the moment the request was sent', percentiles),
})

/** One second of a run. */
export const TimelineRow = object('one second, or what came after the last whole one, in the grace too', {
  second: count('from 0'),
  durationMs: Type.Optional(number('its length, ms; 1000 where it is left out')),
  users: count('virtual users at its end'),
  requests: count('that ended in it'),
  failures: count('of these'),
  errors: Type.Optional(count('iterations whose scenario threw in it')),
  skipped: Type.Optional(count('iterations that were due in it and could not start')),
  rps: number('requests per second'),
  p50: percentiles.p50,
  p95: percentiles.p95,
  p99: percentiles.p99,
})

/** Whole distributions, for charts. */
export const Spectrum = object('the whole distributions of all requests, at the same percentiles', {
  percentiles: list('from 0 to 100, evenly spaced on a logarithmic axis of 1 / (1 - share)', Type.Number()),
  responseTime: list('at each percentile, ms', Type.Number()),
  serviceTime: list('at each percentile, ms', Type.Number()),
})
