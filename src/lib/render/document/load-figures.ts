import { countOf, formatCount, formatLatency, formatNumber, formatShare, formatDuration } from '../../base/format.ts'
import { errorShare } from '../../load/metrics/load-verdict.ts'
import type { LoadRecord, LoadReport, LoadModelRecord } from '../../record/record.ts'
import type { Figure } from './document.ts'

type OpenModel = Extract<LoadModelRecord, { kind: 'open' }>

/** Whether a single request was sent, of which the ledger has nothing. */
export function sendsOne({ model }: LoadRecord): boolean {
  return model !== undefined && model.kind !== 'closed' && model.request !== undefined
}

/** Names the unit that an open model starts: iterations, or a single request. */
export function startsOf({ request }: OpenModel): 'iterations' | 'requests' {
  return request === undefined ? 'iterations' : 'requests'
}

/** Names the target, and says that it is an API of rushbench's own where a user's scenario may have been meant for another. */
export function targetPhrase({ load, config }: LoadReport): string {
  const { target = null, workload = null } = config
  const isOwn = target === null && workload !== null && workload !== load.workload && /^https?:/.test(load.target)
  return isOwn ? `${load.target} (the built-in API of ${workload}, as no --target was given)` : load.target
}

/** How many users or connections, or how many starts a second. */
export function modelPhrase({ model, users }: LoadRecord): string {
  if (model?.kind === 'open') {
    return `${formatNumber(model.ratePerSecond)} ${startsOf(model)} a second (${model.arrivals} arrivals)${burstPhrase(model)}, ${formatCount(users)} in flight at most`
  }
  if (model?.kind === 'saturation') {
    const by = model.engine === 'autocannon' ? ' of autocannon' : ''
    return `${countOf(model.connections, 'connection')}${by}`
  }
  const changing = (model?.stages ?? []).filter(({ durationMs }) => durationMs > 0).length > 2
  return `${changing ? 'up to ' : ''}${countOf(users, 'user')}${changing || users < 2 ? '' : startsPhrase(model)}`
}

/** Over how long the users began. */
function startsPhrase(model: LoadModelRecord | undefined): string {
  if (model?.kind !== 'closed') return ''
  if (model.starts === 'together') return ' that began at once'
  const overMs = model.starts === 'spread' ? model.startsOverMs : model.stages[0]?.durationMs
  return overMs ? ` that began over ${formatDuration(overMs)}` : ''
}

function burstPhrase({ bursts = [] }: OpenModel): string {
  const phrases = bursts.map(
    ({ factor, atMs, lengthMs }) =>
      `, ${factor} times as many from ${formatDuration(atMs)} on for ${formatDuration(lengthMs)}`,
  )
  return phrases.join('')
}

/** How much was asked, how fast it was answered, and what did not go well. */
export function trafficFigures(load: LoadRecord): Figure[] {
  return [
    ...ownFigures(load),
    rateFigure(load),
    { label: `${timeName(load)}, p50`, value: formatLatency(load.responseTime.p50), note: '' },
    { label: `${timeName(load)}, p99`, value: formatLatency(load.responseTime.p99), note: '' },
    failureFigure(load),
    ...errorFigures(load),
    ...reconnectedFigures(load),
    ...droppedFigures(load),
    ...skippedFigures(load),
  ]
}

/** Figures in the workload's own measure. */
function ownFigures({ figures = [] }: LoadRecord): Figure[] {
  return figures.map(({ label, text, note }) => ({
    label,
    value: text,
    note,
    line: { label, value: text, tone: 'bold', text: ` ${note}` },
  }))
}

/** Attempts to book by their outcome; none where nothing could be booked. */
export function bookingFigures({ load, audit }: LoadReport): Figure[] {
  const { booked, conflict, failed, unknown } = load.outcomes
  const isAudited = audit !== null && !sendsOne(load)
  if (!isAudited && booked + conflict + failed + unknown === 0) return []
  const onDatabase = !/^https?:/.test(load.target)
  const [label, done, refused] = onDatabase
    ? ['changes', 'committed', 'rolled back']
    : ['bookings', 'booked', 'conflict']
  const text = `${formatCount(booked)} ${done}, ${formatCount(conflict)} ${refused}, ${formatCount(failed)} failed, ${formatCount(unknown)} unknown`
  return [
    {
      label,
      value: formatCount(booked),
      note: `${formatCount(conflict)} ${onDatabase ? refused : 'refused'}, ${formatCount(failed + unknown)} failed`,
      line: { label, text },
    },
  ]
}

/** Without think time a request is due when the one before it was answered, so that both times are the same. */
export function timeName({ model }: LoadRecord): string {
  return model?.kind === 'saturation' ? 'service time' : 'response time'
}

function rateFigure(load: LoadRecord): Figure {
  const { model, requests, rps, idealRps, afterEnd = 0 } = load
  // Users that never thought have no such rate.
  const thinks = (model === undefined || model.kind === 'closed') && idealRps > 0
  const share = formatShare(rps / idealRps)
  const ideal = thinks ? `, ${share} of what these users would make if every answer were instant` : ''
  const how = model?.kind === 'saturation' ? ' by one request after the other on each connection' : ideal
  // Said where it makes a difference that anybody could see.
  const late =
    afterEnd * 100 < Math.max(1, requests)
      ? ''
      : ` (${formatCount(afterEnd)} ended after the end, and are not in the rate)`
  const text = `, ${formatNumber(rps)} a second${how}${late}`
  return {
    label: 'requests a second',
    value: formatNumber(rps),
    note: thinks ? `${share} of ideal` : '',
    line: { label: 'requests', value: formatCount(requests), tone: 'bold', text },
  }
}

function failureFigure({ requests, failures, failureReasons }: LoadRecord): Figure {
  const value = formatCount(failures)
  const share = requests > 0 ? formatShare(failures / requests) : null
  const text = `${share === null ? '' : ` (${share})`}${reasonsPhrase(failureReasons)}`
  return {
    label: 'requests failed',
    value,
    note: share === null ? '' : `${share} of ${formatCount(requests)}`,
    line: { label: 'failures', value, text, ...(failures > 0 ? { tone: 'bad' } : {}) },
  }
}

function errorFigures(load: LoadRecord): Figure[] {
  const { errors = 0, iterations = 0, errorReasons = {} } = load
  if (errors === 0) return []
  const share = errorShare(load)
  const value = formatCount(errors)
  const text = ` of ${countOf(iterations, 'iteration')} threw${share === null ? '' : ` (${formatShare(share)})`}${reasonsPhrase(errorReasons)}`
  return [
    {
      label: 'iterations threw',
      value,
      note: share === null ? '' : `${formatShare(share)} of ${formatCount(iterations)}`,
      line: { label: 'errors', value, tone: 'bad', text },
    },
  ]
}

function reasonsPhrase(reasons: Readonly<Record<string, number>>): string {
  const phrases = Object.entries(reasons).map(([reason, times]) => `${reason} ${formatCount(times)}`)
  return phrases.length > 0 ? `: ${phrases.join(', ')}` : ''
}

function reconnectedFigures({ reconnected = 0 }: LoadRecord): Figure[] {
  if (reconnected === 0) return []
  const requests = countOf(reconnected, 'request whose kept connection', 'requests whose kept connections')
  return [
    {
      label: 'requests sent again',
      value: formatCount(reconnected),
      note: 'over closed connections at first',
      line: { label: 'sent again', text: `${requests} the server had closed` },
    },
  ]
}

function droppedFigures({ droppedTexts = 0 }: LoadRecord): Figure[] {
  if (droppedTexts === 0) return []
  const note = 'over WebSockets: more came than the scenario received'
  const line = { label: 'dropped', value: countOf(droppedTexts, 'text'), tone: 'bad', text: ` ${note}` } as const
  return [{ label: 'texts dropped', value: formatCount(droppedTexts), note, line }]
}

function skippedFigures({ model, full, unprepared, iterations = 0, skipped = 0 }: LoadRecord): Figure[] {
  if (model?.kind !== 'open') return []
  const due = iterations + skipped
  const [starts, value] = [startsOf(model), formatCount(skipped)]
  const share = due > 0 ? formatShare(skipped / due) : ''
  const why = full
    ? `no more than ${formatCount(model.maxInFlight)} may be in flight`
    : unprepared
      ? 'users could not be prepared as fast as they were needed'
      : 'they were due when the run ended'
  const of = ` of ${formatCount(due)} ${starts}`
  return [
    {
      label: `${starts} skipped`,
      value,
      note: due > 0 ? `${share} of ${formatCount(due)}` : '',
      line:
        skipped === 0
          ? { label: 'skipped', text: `0${of}` }
          : { label: 'skipped', value, tone: 'bad', text: `${of} (${share}): ${why}` },
    },
  ]
}
