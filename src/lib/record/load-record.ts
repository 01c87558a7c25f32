import { Type } from 'typebox'
import { byName, count, distribution, flag, list, ms, number, object, oneOf, orNull, text } from './fields.ts'
import { LoadModel } from './load-model-record.ts'

/** Percentiles of a distribution of times, ms. */
const percentiles = {
  p50: ms('50th percentile'),
  p90: ms('90th percentile'),
  p95: ms('95th percentile'),
  p99: ms('99th percentile'),
  p999: ms('99.9th percentile'),
  max: ms('largest value'),
}

/** One step of a run. */
const Step = object('one kind of request', {
  name: text('of the step'),
  requests: count('sent'),
  failures: count('that failed'),
  rps: number('requests per second: those that ended in the time of the run, over that time'),
  meanBytes: number("mean size of the answers' bodies, bytes"),
  responseTime: object('from the moment the request should have been sent', percentiles),
  serviceTime: object('from the moment the request was sent', percentiles),
})

/** One second of a run. */
const TimelineRow = object('one second, or what came after the last whole one, in the grace too', {
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
const Spectrum = object('the whole distributions of all requests, at the same percentiles', {
  percentiles: list('from 0 to 100, evenly spaced on a logarithmic axis of 1 / (1 - share)', Type.Number()),
  responseTime: list('at each percentile, ms', Type.Number()),
  serviceTime: list('at each percentile, ms', Type.Number()),
})

/** How a generator fared. */
const health = {
  cpuPercent: number('of one core'),
  eventLoopLagP99: number('99th percentile, ms'),
  maxRssMb: number('memory of the process, MB'),
  lateStartP99: ms('99th percentile of how late requests were sent'),
  lateStart: Type.Optional(
    orNull(
      object('by what lateness was judged; null without requests', {
        percentile: number('the highest with 20 requests beyond it; 100, the latest of all, of fewer than 40'),
        ms: number('how late requests were sent at it'),
      }),
    ),
  ),
  watchedMs: Type.Optional(number('how long its event loop was watched')),
  stalledMs: Type.Optional(number('of it, the time in which it stood still for longer than 100 ms')),
  longestStallMs: Type.Optional(number('the longest time for which it stood still')),
}

/** A worker process of a load. */
const LoadWorker = object('one worker process, and what it did up to its end', {
  name: text('of the worker'),
  host: text('where it ran'),
  pid: count('of its process'),
  version: text('of rushbench'),
  requests: count('sent'),
  failures: count('that failed'),
  errors: Type.Optional(count('iterations whose scenario threw')),
  bookings: count('that the API acknowledged'),
  ...Type.Partial(Type.Object(health)).properties,
  clockOffsetMs: Type.Optional(number('what its time of day lacks to the time of the queue, ms')),
  clockRoundTripMs: Type.Optional(number('of the comparison of clocks, which is at most half of it wrong, ms')),
  lost: Type.Optional(text('why it was not there until the end')),
})

const LoadVerdict = object('whether the figures are those of a load, whatever the generator says of itself', {
  passed: flag('requests were made, not all of them failed, and no more iterations threw than may'),
  reasons: list('why not', Type.String()),
})

/** The figures of a load as its clients saw them. */
export const Load = object('what the clients saw', {
  verdict: Type.Optional(LoadVerdict),
  workload: text('the scenarios that were run'),
  target: text('what was loaded'),
  model: Type.Optional(LoadModel),
  users: count('virtual users at the same time, at most'),
  iterations: Type.Optional(count('that began')),
  skipped: Type.Optional(count('iterations of the open model that could not start')),
  full: Type.Optional(flag('iterations were skipped because no more may be in flight')),
  unprepared: Type.Optional(flag('iterations were skipped because no user was prepared yet')),
  seconds: number('length of the run, seconds'),
  requests: count('sent'),
  failures: count('that failed'),
  errors: Type.Optional(count('iterations whose scenario threw')),
  reconnected: Type.Optional(count('sent again, because their kept connections had been closed')),
  droppedTexts: Type.Optional(count('texts over WebSockets that were dropped, because too many waited to be received')),
  afterEnd: Type.Optional(count('requests that ended after the end of the run, in the grace, and are not in rps')),
  lateStartP50: Type.Optional(ms('median of how late requests were sent')),
  rps: number('requests per second: those that ended in the time of the run, over that time'),
  idealRps: number('what the same users, or all arrivals, would have reached, had every answer been instant'),
  interrupted: flag('ended before its time'),
  outcomes: object('attempts to book, by what became of them', {
    booked: count('acknowledged'),
    conflict: count('rightly refused'),
    failed: count('refused by an error'),
    unknown: count('without an answer'),
  }),
  responseTime: object('from the moment the request should have been sent', percentiles),
  serviceTime: object('from the moment the request was sent', percentiles),
  spectrum: Type.Optional(Spectrum),
  steps: list('a row for each kind of request', Step),
  timeline: list('a row for each second', TimelineRow),
  workers: Type.Optional(list('where worker processes made it', LoadWorker)),
  slices: Type.Optional(
    object('response times by stretches of time, for comparisons', {
      seconds: number('length of each, seconds; what came after the last whole second is in the last'),
      responseTimes: list('of each stretch', distribution('response times')),
    }),
  ),
  failureReasons: byName('failures by reason', count('with this reason')),
  errorReasons: Type.Optional(byName('errors by what was thrown, after the scenario', count('with this reason'))),
  faults: Type.Optional(
    list(
      'what was made to go wrong, in order of time',
      object('one fault', {
        kind: oneOf('what was done to which part', 'kill-server', 'drop-connections', 'pause-database'),
        atMs: number('when it began, from the start of the run, ms'),
        lastedMs: number('until the part worked again, ms'),
        detail: text('what was done, or why it failed'),
      }),
    ),
  ),
})

/** How the load generator fared. */
export const Generator = object('how the load generator fared; of several threads or workers, the worst', {
  ...health,
  threads: Type.Optional(list('where there are several', object('one thread', health))),
  valid: flag('it was not the bottleneck'),
  reasons: list('why the run is not valid: which thread or worker, and what it lacked', Type.String()),
  advice: Type.Optional(text('what to try where it is not valid')),
})
