import { z } from 'zod'
import { byName, count, distribution, flag, list, ms, number, object, oneOf, text } from './fields.ts'
import { LoadModel } from './load-model-record.ts'
import { ServerActivity } from './server-activity-record.ts'

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
  durationMs: number('its length, ms; 1000 where it is left out').exactOptional(),
  users: count('virtual users at its end'),
  requests: count('that ended in it'),
  failures: count('of these'),
  errors: count('iterations whose scenario threw in it').exactOptional(),
  skipped: count('iterations that were due in it and could not start').exactOptional(),
  rps: number('requests per second'),
  p50: percentiles.p50,
  p95: percentiles.p95,
  p99: percentiles.p99,
})

/** Whole distributions, for charts. */
const Spectrum = object('the whole distributions of all requests, at the same percentiles', {
  percentiles: list('from 0 to 100, evenly spaced on a logarithmic axis of 1 / (1 - share)', z.number()),
  responseTime: list('at each percentile, ms', z.number()),
  serviceTime: list('at each percentile, ms', z.number()),
})

/** How a generator fared. */
const health = {
  cpuPercent: number('of one core'),
  eventLoopLagP99: number('99th percentile, ms'),
  maxRssMb: number('memory of the process, MB'),
  lateStartP99: ms('99th percentile of how late requests were sent'),
  lateStart: object('by what lateness was judged; null without requests', {
    percentile: number('the highest with 20 requests beyond it; 100, the latest of all, of fewer than 40'),
    ms: number('how late requests were sent at it'),
  })
    .nullable()
    .exactOptional(),
  watchedMs: number('how long its event loop was watched').exactOptional(),
  stalledMs: number('of it, the time in which it stood still for longer than 100 ms').exactOptional(),
  longestStallMs: number('the longest time for which it stood still').exactOptional(),
  sharesThread: flag(
    'the embedded database worked in the same thread, so that neither is judged by the time of the other',
  ).exactOptional(),
}

/** A worker process of a load. */
const LoadWorker = object('one worker process, and what it did up to its end', {
  name: text('of the worker'),
  host: text('where it ran'),
  pid: count('of its process'),
  version: text('of rushbench'),
  requests: count('sent'),
  failures: count('that failed'),
  errors: count('iterations whose scenario threw').exactOptional(),
  bookings: count('that the API acknowledged'),
  ...z.object(health).partial().shape,
  clockOffsetMs: number('what its time of day lacks to the time of the queue, ms').exactOptional(),
  clockRoundTripMs: number('of the comparison of clocks, which is at most half of it wrong, ms').exactOptional(),
  lost: text('why it was not there until the end').exactOptional(),
})

const LoadVerdict = object('whether the figures are those of a load, whatever the generator says of itself', {
  passed: flag('requests were made, not all of them failed, and no more iterations threw than may'),
  reasons: list('why not', z.string()),
})

/** The figures of a load as its clients saw them. */
export const Load = object('what the clients saw', {
  verdict: LoadVerdict.exactOptional(),
  workload: text('the scenarios that were run'),
  target: text('what was loaded'),
  model: LoadModel.exactOptional(),
  users: count('virtual users at the same time, at most'),
  iterations: count('that began').exactOptional(),
  skipped: count('iterations of the open model that could not start').exactOptional(),
  full: flag('iterations were skipped because no more may be in flight').exactOptional(),
  unprepared: flag('iterations were skipped because no user was prepared yet').exactOptional(),
  seconds: number('length of the run, seconds'),
  requests: count('sent'),
  failures: count('that failed'),
  errors: count('iterations whose scenario threw').exactOptional(),
  reconnected: count('sent again, because their kept connections had been closed').exactOptional(),
  droppedTexts: count(
    'texts over WebSockets that were dropped, because too many waited to be received',
  ).exactOptional(),
  afterEnd: count('requests that ended after the end of the run, in the grace, and are not in rps').exactOptional(),
  lateStartP50: ms('median of how late requests were sent').exactOptional(),
  rps: number('requests per second: those that ended in the time of the run, over that time'),
  idealRps: number('what the same users, or all arrivals, would have reached, had every answer been instant'),
  interrupted: flag('ended before its time'),
  outcomes: object('attempts to book, by what became of them', {
    booked: count('acknowledged'),
    conflict: count('rightly refused'),
    failed: count('refused by an error'),
    unknown: count('without an answer'),
  }),
  figures: list(
    "in the workload's own measure",
    object('one figure', {
      label: text('of the figure'),
      value: number('of the figure'),
      text: text('the value as it is shown'),
      note: text('what it counts'),
    }),
  ).exactOptional(),
  responseTime: object('from the moment the request should have been sent', percentiles),
  serviceTime: object('from the moment the request was sent', percentiles),
  spectrum: Spectrum.exactOptional(),
  steps: list('a row for each kind of request', Step),
  statements: list(
    'a row for each statement within transactions, which are steps as a whole, and for the wait for a connection',
    Step,
  ).exactOptional(),
  timeline: list('a row for each second', TimelineRow),
  workers: list('where worker processes made it', LoadWorker).exactOptional(),
  slices: object('response times by stretches of time, for comparisons', {
    seconds: number('length of each, seconds; what came after the last whole second is in the last'),
    responseTimes: list('of each stretch', distribution('response times')),
  }).exactOptional(),
  failureReasons: byName('failures by reason', count('with this reason')),
  errorReasons: byName('errors by what was thrown, after the scenario', count('with this reason')).exactOptional(),
  faults: list(
    'what was made to go wrong, in order of time',
    object('one fault', {
      kind: oneOf('what was done to which part', 'kill-server', 'drop-connections', 'pause-database'),
      atMs: number('when it began, from the start of the run, ms'),
      lastedMs: number('until the part worked again, ms'),
      detail: text('what was done, or why it failed'),
    }),
  ).exactOptional(),
  serverActivity: ServerActivity.exactOptional(),
})

/** How the load generator fared. */
export const Generator = object('how the load generator fared; of several threads or workers, the worst', {
  ...health,
  threads: list('where there are several', object('one thread', health)).exactOptional(),
  valid: flag('it was not the bottleneck'),
  reasons: list('why the run is not valid: which thread or worker, and what it lacked', z.string()),
  advice: text('what to try where it is not valid').exactOptional(),
})
