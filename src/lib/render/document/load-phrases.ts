import { countOf, formatCount, formatDuration, formatNumber } from '../../base/format.ts'
import type { LoadModelRecord, LoadRecord, LoadReport } from '../../record/record.ts'

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
  const isOwn = target === null && workload !== null && workload !== load.workload
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
